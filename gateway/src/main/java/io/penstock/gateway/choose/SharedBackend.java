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
  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicReference<Health> health = new AtomicReference<>(Health.GOOD);
  private final Average ttft = new Average();
  private final Average tpot = new Average();
  private volatile boolean draining;
  private volatile boolean unhealthy;

  SharedBackend(Pool.Backend backend) {
    this.backend = backend;
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

  Backends.Preview preview() {
    return new Backends.Preview(backend, inFlight.get(), ttft.value(), tpot.value());
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
