package io.penstock.gateway.choose;

import io.penstock.config.Breaker;
import io.penstock.config.Pool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * One backend's counters, shared by all loops and safe without a lock. It outlives a reload of the
 * config that keeps the backend, and a turn ends on the object that gave it.
 */
final class SharedBackend {
  private final Pool.Backend backend;
  private final int slot;
  private final long number;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicInteger unbegun = new AtomicInteger();
  private final Rest rest = new Rest();
  private final LongSupplier nanos;
  private volatile BackendBreaker breaker;
  private final Average ttft = new Average();
  private final Average tpot = new Average();
  private volatile Speed speed = Speed.UNKNOWN;
  private volatile boolean draining;
  private volatile boolean unhealthy;

  /**
   * @param slot its number in the pool, which no other of its backends has; -1: there was none left
   * @param breaker when it is out
   * @param nanos the clock
   */
  SharedBackend(Pool.Backend backend, int slot, Breaker breaker, LongSupplier nanos) {
    this.backend = backend;
    this.slot = slot;
    this.breaker = new BackendBreaker(backend.id(), breaker, nanos);
    this.nanos = nanos;
    this.number = PrefixChain.number(backend.id());
  }

  int slot() {
    return slot;
  }

  /** The slot as a bit; 0 where it has none. */
  long bit() {
    return slot < 0 ? 0 : 1L << slot;
  }

  /** Its name as a number. */
  long number() {
    return number;
  }

  Pool.Backend backend() {
    return backend;
  }

  int inFlight() {
    return inFlight.get();
  }

  BackendBreaker breaker() {
    return breaker;
  }

  /** What was learned is forgotten where it was learned by other rules. */
  void judgedBy(Breaker config) {
    if (!breaker.config().equals(config)) {
      breaker = new BackendBreaker(backend.id(), config, nanos);
    }
  }

  /** Until when it wants to be left alone. */
  Rest rest() {
    return rest;
  }

  /**
   * Whether a call may be sent there at all: not while it drains, says itself that it cannot, or
   * wants to be left alone.
   */
  boolean open() {
    return !draining && !unhealthy && rest.leftNanos(nanos.getAsLong()) == 0;
  }

  /** Calls there whose first token has not come. */
  int unbegun() {
    return unbegun.get();
  }

  void is(Speed next) {
    speed = next;
  }

  /** How much it would have to do with one more call; comparable within a pool. */
  double burden() {
    return speed.burden(inFlight.get(), unbegun.get());
  }

  /** Whether more is known of it than its calls. */
  boolean timed() {
    return !speed.equals(Speed.UNKNOWN);
  }

  /** Takes a place if the load is still what the chooser saw. */
  boolean enter(int seenInFlight) {
    unbegun.incrementAndGet();
    boolean entered = inFlight.compareAndSet(seenInFlight, seenInFlight + 1);
    if (!entered) {
      unbegun.decrementAndGet();
    }
    return entered;
  }

  /** The first token of one of its calls has come, or will not come. */
  void begun() {
    unbegun.decrementAndGet();
  }

  void leave() {
    inFlight.decrementAndGet();
  }

  void setDraining(boolean draining) {
    this.draining = draining;
  }

  void setUnhealthy(boolean unhealthy) {
    this.unhealthy = unhealthy;
  }

  void observed(double ttftSeconds, double tpotSeconds) {
    ttft.add(ttftSeconds);
    tpot.add(tpotSeconds);
  }

  Backends.Preview preview(String why) {
    return new Backends.Preview(backend, inFlight.get(), ttft.value(), tpot.value(), why);
  }

  /**
   * @param leaving whether it is the pool's no more
   */
  Backends.BackendStatus status(boolean leaving) {
    BackendBreaker seen = breaker;
    Backends.State state =
        draining || leaving
            ? Backends.State.DRAINING
            : unhealthy || seen.bad() ? Backends.State.DOWN : Backends.State.UP;
    return new Backends.BackendStatus(
        backend.id(),
        backend.url(),
        state,
        inFlight.get(),
        seen.failures(),
        seen.level(),
        rest.leftNanos(nanos.getAsLong()) / 1e9,
        ttft.value(),
        tpot.value());
  }
}
