package io.penstock.gateway.choose;

import io.penstock.config.Pool;
import io.penstock.config.Secret;
import io.penstock.gateway.call.Turn;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A place taken at a backend, with a credential; {@link #end} gives both back, once. */
final class OneTurn implements Turn {
  private final Pool pool;
  private final SharedPool shared;
  private final SharedBackend at;
  private final KeyRing.@Nullable Key key;
  private final int inFlightAtDispatch;
  private final boolean probe;
  private final LongSupplier nanos;
  private final long begunNanos;
  private final AtomicBoolean begun = new AtomicBoolean();
  private final AtomicBoolean over = new AtomicBoolean();
  private volatile long firstTokenNanos;

  /**
   * @param key null: the pool has none
   * @param probe whether it is the one that tries a backend that was out
   */
  OneTurn(
      Pool pool,
      SharedPool shared,
      SharedBackend at,
      KeyRing.@Nullable Key key,
      int inFlightAtDispatch,
      boolean probe,
      LongSupplier nanos) {
    this.pool = pool;
    this.shared = shared;
    this.at = at;
    this.key = key;
    this.inFlightAtDispatch = inFlightAtDispatch;
    this.probe = probe;
    this.nanos = nanos;
    this.begunNanos = nanos.getAsLong();
  }

  @Override
  public Pool pool() {
    return pool;
  }

  @Override
  public Pool.Backend backend() {
    return at.backend();
  }

  @Override
  public Optional<Secret> credential() {
    return Optional.ofNullable(key).map(held -> held.secret);
  }

  @Override
  public int inFlightAtDispatch() {
    return inFlightAtDispatch;
  }

  @Override
  public void firstToken() {
    firstTokenNanos = Math.max(1, nanos.getAsLong() - begunNanos);
    begun();
  }

  private void begun() {
    if (begun.compareAndSet(false, true)) {
      at.begun();
    }
  }

  @Override
  public void restBackend(Duration time) {
    rest(at.rest(), time);
  }

  @Override
  public void restCredential(Duration time) {
    rest(key == null ? at.rest() : key.rest, time);
  }

  private void rest(Rest rest, Duration time) {
    rest.until(nanos.getAsLong() + time.toNanos());
  }

  @Override
  public void end(Ended ended) {
    if (!over.compareAndSet(false, true)) {
      throw new IllegalStateException("This turn at " + backend().id() + " is over already");
    }
    begun();
    at.leave();
    if (key != null) {
      key.leave();
    }
    switch (ended) {
      case ANSWERED -> at.breaker().answered(probe, firstTokenNanos);
      case FAILED -> at.breaker().failed(probe);
      case ABANDONED -> at.breaker().abandoned(probe);
    }
    shared.keepOne(at);
  }
}
