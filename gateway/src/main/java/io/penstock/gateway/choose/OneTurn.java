package io.penstock.gateway.choose;

import io.penstock.config.Pool;
import io.penstock.gateway.call.Turn;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/** A place taken at a backend; {@link #end} gives it back, once. */
final class OneTurn implements Turn {
  private final Pool pool;
  private final SharedBackend at;
  private final int inFlightAtDispatch;
  private final boolean probe;
  private final LongSupplier nanos;
  private final AtomicBoolean over = new AtomicBoolean();

  OneTurn(Pool pool, SharedBackend at, int inFlightAtDispatch, boolean probe, LongSupplier nanos) {
    this.pool = pool;
    this.at = at;
    this.inFlightAtDispatch = inFlightAtDispatch;
    this.probe = probe;
    this.nanos = nanos;
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
  public int inFlightAtDispatch() {
    return inFlightAtDispatch;
  }

  @Override
  public void end(Ended ended) {
    if (!over.compareAndSet(false, true)) {
      throw new IllegalStateException("This turn at " + backend().id() + " is over already");
    }
    at.leave();
    switch (ended) {
      case ANSWERED -> at.answered();
      case FAILED -> at.failed(probe, nanos.getAsLong());
      case ABANDONED -> at.abandoned(probe);
    }
  }
}
