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
  private volatile int elsewhere;
  private volatile int most;
  private volatile long heldNanos;

  /** At most this many; 0: no bound. */
  Slots(int most) {
    this.most = most;
  }

  boolean take() {
    return take(1);
  }

  /** Takes one, where so many take unseen of each other, each a part of all. */
  boolean take(int sharers) {
    while (true) {
      int before = inUse.get();
      if (most > 0 && before >= part(sharers)) {
        return false;
      }
      if (inUse.compareAndSet(before, before + 1)) {
        return true;
      }
    }
  }

  private int part(int sharers) {
    return sharers == 1 ? most : Math.max(1, most / sharers);
  }

  /** Takes one that somebody who sees every taker granted. */
  void granted() {
    inUse.incrementAndGet();
  }

  /** So many are in use, as somebody who sees every taker says. */
  void learn(int everywhere) {
    elsewhere = Math.max(0, everywhere - inUse.get());
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
    return waitNanos(1);
  }

  /** The same, for one of several takers. */
  long waitNanos(int sharers) {
    int bound = part(sharers);
    int others = sharers == 1 ? elsewhere : 0;
    if (most == 0 || inUse.get() + others < bound) {
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
