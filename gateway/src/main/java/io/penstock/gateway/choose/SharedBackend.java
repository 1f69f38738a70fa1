package io.penstock.gateway.choose;

import io.penstock.config.Pool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One backend's counters, shared by all loops and safe without a lock. It outlives a reload of the
 * config that keeps the backend, and a turn ends on the object that gave it.
 */
final class SharedBackend {
  private final Pool.Backend backend;
  private final int slot;
  private final long number;
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicReference<Health> health = new AtomicReference<>(Health.GOOD);
  private final Average ttft = new Average();
  private final Average tpot = new Average();
  private volatile boolean draining;
  private volatile boolean unhealthy;

  /**
   * @param slot its number in the pool, which no other of its backends has; -1: there was none left
   */
  SharedBackend(Pool.Backend backend, int slot) {
    this.backend = backend;
    this.slot = slot;
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

  Health health() {
    return health.get();
  }

  /** Whether a call may be sent there at all: not while it drains or its own probe says no. */
  boolean open() {
    return !draining && !unhealthy;
  }

  /** Takes a place if the load is still what the chooser saw. */
  boolean enter(int seenInFlight) {
    return inFlight.compareAndSet(seenInFlight, seenInFlight + 1);
  }

  void leave() {
    inFlight.decrementAndGet();
  }

  /** Becomes the one call that tries a backend that was out; false where another was faster. */
  boolean startProbe(long nowNanos) {
    Health seen = health.get();
    return seen.probeDue(nowNanos) && health.compareAndSet(seen, seen.probe());
  }

  void answered() {
    if (health.get().failures() > 0) {
      health.set(Health.GOOD);
    }
  }

  void failed(boolean probe, long nowNanos) {
    health.updateAndGet(seen -> seen.failed(probe, nowNanos));
  }

  void abandoned(boolean probe) {
    if (probe) {
      health.updateAndGet(Health::probeAbandoned);
    }
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

  Backends.BackendStatus status() {
    Health seen = health.get();
    Backends.State state =
        draining
            ? Backends.State.DRAINING
            : unhealthy || seen.out() ? Backends.State.DOWN : Backends.State.UP;
    return new Backends.BackendStatus(
        backend.id(),
        backend.url(),
        state,
        inFlight.get(),
        seen.failures(),
        ttft.value(),
        tpot.value());
  }
}
