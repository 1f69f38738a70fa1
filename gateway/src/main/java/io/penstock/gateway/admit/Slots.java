package io.penstock.gateway.admit;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Calls in flight, bounded; shared by all loops and safe without a lock. It also remembers about
 * how long a slot is held, which is all that can be told a caller who asks when one will be free.
 */
final class Slots {
  /** What is said before any call has ended. */
  private static final long UNKNOWN_NANOS = 1_000_000_000L;

  private static final long SHORTEST_NANOS = 1_000_000L;
  private static final int HISTORY = 8;

  private final AtomicInteger inUse = new AtomicInteger();
  private volatile int most;
  private volatile long heldNanos;

  /** At most this many; 0: no bound. */
  Slots(int most) {
    this.most = most;
  }

  boolean take() {
    while (true) {
      int before = inUse.get();
      if (most > 0 && before >= most) {
        return false;
      }
      if (inUse.compareAndSet(before, before + 1)) {
        return true;
      }
    }
  }

  void giveBack() {
    if (inUse.getAndDecrement() <= 0) {
      inUse.getAndIncrement();
      throw new IllegalStateException("a slot was given back that nobody held");
    }
  }

  /**
   * As {@link #giveBack()}, at the end of a call. Racing updates may lose one: an average bears it.
   */
  void giveBack(long wasHeldNanos) {
    giveBack();
    long before = heldNanos;
    heldNanos = before == 0 ? wasHeldNanos : before + (wasHeldNanos - before) / HISTORY;
  }

  /** About how long until one is free; 0 when one is. */
  long waitNanos() {
    int bound = most;
    if (bound == 0 || inUse.get() < bound) {
      return 0;
    }
    long held = heldNanos;
    return held == 0 ? UNKNOWN_NANOS : Math.max(SHORTEST_NANOS, held / bound);
  }

  int inUse() {
    return inUse.get();
  }

  int most() {
    return most;
  }

  void resize(int most) {
    this.most = most;
  }
}
