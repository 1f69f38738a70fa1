package io.penstock.gateway.admit;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A token bucket with continuous refill, shared by all loops and safe without a lock.
 *
 * <p>It does not count tokens. Its level is the moment at which it will be full if nothing more is
 * taken: to take {@code n} moves that moment by the time in which {@code n} flow in, and is allowed
 * while the moment stays within one window from now. Time passing is the refill, so there is
 * nothing to add up, no remainder to lose and no drift, however often it is asked. (The virtual
 * scheduling form of the generic cell rate algorithm, ITU-T I.371, with a burst of one window.) The
 * moment may lie further off than a window: that is debt, and whoever comes next waits for it.
 *
 * <p>In any stretch of time, what is taken less what is given back is at most the capacity and what
 * flowed in. What callers really used may exceed that by what was reserved before the stretch and
 * given back in it, and by what they used beyond their reservations, for which the next ones wait.
 *
 * <p>A clock that jumps back makes callers wait longer by the jump and admits nothing more.
 */
final class TokenBucket {
  private final AtomicReference<Level> level;

  TokenBucket(Refill refill, long nowNanos) {
    level = new AtomicReference<>(new Level(refill, nowNanos));
  }

  Refill refill() {
    return level.get().refill;
  }

  /** As {@link #take(long, int, long)}, by the only taker. */
  @Nullable Take take(long amount, long nowNanos) {
    return take(amount, 1, nowNanos);
  }

  /**
   * Takes an amount, or nothing: null when it is not there.
   *
   * @param sharers how many take from it unseen of each other: each is charged for all. What is
   *     more than a share at once takes the whole of a full bucket, and its debt
   */
  @Nullable Take take(long amount, int sharers, long nowNanos) {
    while (true) {
      Level before = level.get();
      long cost = shared(before.refill.cost(amount), sharers);
      if (before.emptyNanos(nowNanos) + before.refill.needed(cost, sharers)
          > before.refill.windowNanos()) {
        return null;
      }
      if (level.compareAndSet(before, before.charged(cost, nowNanos))) {
        return new Take(before.refill, cost, sharers);
      }
    }
  }

  private static long shared(long cost, int sharers) {
    return sharers == 1 || cost > Refill.FOREVER_NANOS / sharers
        ? Math.min(cost, Refill.FOREVER_NANOS)
        : cost * sharers;
  }

  /** What somebody who sees every taker says of it. */
  void learn(long emptyNanos, long nowNanos) {
    level.updateAndGet(old -> new Level(old.refill, nowNanos + emptyNanos));
  }

  /** Ends a take with the amount that was really used; more than was taken becomes debt. */
  void settle(Take take, long used, long nowNanos) {
    while (true) {
      Level before = level.get();
      long held = take.refill.scaled(take.costNanos, before.refill);
      long more = shared(before.refill.cost(used), take.sharers) - held;
      Level after =
          more > 0
              ? before.charged(more, nowNanos)
              : new Level(before.refill, before.fullAtNanos + more);
      if (more == 0 || level.compareAndSet(before, after)) {
        return;
      }
    }
  }

  /** How long until this amount is there; 0 when it is. */
  long waitNanos(long amount, long nowNanos) {
    return waitNanos(amount, 1, nowNanos);
  }

  /** The same, for one of several takers. */
  long waitNanos(long amount, int sharers, long nowNanos) {
    Level now = level.get();
    long cost = shared(now.refill.cost(amount), sharers);
    long needed = now.emptyNanos(nowNanos) + now.refill.needed(cost, sharers);
    return Math.max(0, needed - now.refill.windowNanos());
  }

  /** What could be taken now. */
  long remaining(long nowNanos) {
    Level now = level.get();
    return now.refill.amount(now.refill.windowNanos() - now.emptyNanos(nowNanos));
  }

  /** How long until it is full. */
  long fullInNanos(long nowNanos) {
    return level.get().emptyNanos(nowNanos);
  }

  /** Changes the rate: what part of the bucket was filled, or owed, stays that part. */
  void resize(Refill refill, long nowNanos) {
    level.updateAndGet(
        old -> new Level(refill, nowNanos + old.refill.scaled(old.emptyNanos(nowNanos), refill)));
  }

  /**
   * What was taken.
   *
   * @param refill the rate at the time
   * @param costNanos in the bucket's own measure
   * @param sharers for how many it was charged
   */
  record Take(Refill refill, long costNanos, int sharers) {}

  /**
   * A bucket at one moment.
   *
   * @param fullAtNanos when it will be full if nothing more is taken
   */
  private record Level(Refill refill, long fullAtNanos) {

    /** A bucket that is full already gains nothing by having been so for long. */
    long emptyNanos(long nowNanos) {
      return Math.max(0, fullAtNanos - nowNanos);
    }

    Level charged(long costNanos, long nowNanos) {
      long empty = Math.min(emptyNanos(nowNanos) + costNanos, Refill.FOREVER_NANOS);
      return new Level(refill, nowNanos + empty);
    }
  }
}
