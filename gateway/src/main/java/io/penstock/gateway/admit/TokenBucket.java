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
 * <p>What was reserved and not used comes back, with one exception that keeps the bucket strict. If
 * the bucket was full at any time after the reservation, then what was reserved has flowed in again
 * already, and giving it back would give it twice. The bucket remembers when it was last seen full
 * for this reason alone.
 *
 * <p>A clock that jumps back makes callers wait longer by the jump and admits nothing more.
 */
final class TokenBucket {
  private final AtomicReference<Level> level;

  TokenBucket(Refill refill, long nowNanos) {
    level = new AtomicReference<>(new Level(refill, nowNanos, nowNanos));
  }

  Refill refill() {
    return level.get().refill;
  }

  /** Takes an amount, or nothing: null when it is not there. */
  @Nullable Take take(long amount, long nowNanos) {
    while (true) {
      Level before = level.get();
      long cost = before.refill.cost(amount);
      long now = before.nowAtLeast(nowNanos);
      Level after = before.charged(cost, now);
      if (after.fullAtNanos - now > before.refill.windowNanos()) {
        return null;
      }
      if (level.compareAndSet(before, after)) {
        return new Take(before.refill, cost, now);
      }
    }
  }

  /** Ends a take with the amount that was really used; more than was taken becomes debt. */
  void settle(Take take, long used, long nowNanos) {
    while (true) {
      Level before = level.get();
      long held = take.refill.scaled(take.costNanos, before.refill);
      long difference = before.refill.cost(used) - held;
      Level after =
          difference <= 0
              ? before.refunded(-difference, take.atNanos)
              : before.charged(difference, before.nowAtLeast(nowNanos));
      if (level.compareAndSet(before, after)) {
        return;
      }
    }
  }

  /** How long until this amount is there; 0 when it is. */
  long waitNanos(long amount, long nowNanos) {
    Level now = level.get();
    if (amount > now.refill.capacity()) {
      return Refill.FOREVER_NANOS;
    }
    return Math.max(
        0, now.emptyNanos(nowNanos) + now.refill.cost(amount) - now.refill.windowNanos());
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
    level.updateAndGet(old -> {
      long now = old.nowAtLeast(nowNanos);
      long full = now + old.refill.scaled(old.emptyNanos(now), refill);
      return new Level(refill, full, old.idleAtNanos);
    });
  }

  /**
   * What was taken.
   *
   * @param refill the rate at the time
   * @param costNanos in the bucket's own measure
   * @param atNanos when
   */
  record Take(Refill refill, long costNanos, long atNanos) {}

  /**
   * A bucket at one moment.
   *
   * @param fullAtNanos when it will be full if nothing more is taken
   * @param idleAtNanos when it was last seen full
   */
  private record Level(Refill refill, long fullAtNanos, long idleAtNanos) {

    /** A thread that read its clock early does not act before what has been seen since. */
    long nowAtLeast(long nowNanos) {
      return nowNanos - idleAtNanos < 0 ? idleAtNanos : nowNanos;
    }

    long emptyNanos(long nowNanos) {
      return Math.max(0, fullAtNanos - nowAtLeast(nowNanos));
    }

    Level charged(long costNanos, long now) {
      long empty = fullAtNanos - now;
      return empty <= 0
          ? new Level(refill, now + costNanos, now)
          : new Level(refill, now + Math.min(empty + costNanos, Refill.FOREVER_NANOS), idleAtNanos);
    }

    Level refunded(long costNanos, long takenAtNanos) {
      boolean flowedInSince = idleAtNanos - takenAtNanos > 0;
      return flowedInSince || costNanos == 0
          ? this
          : new Level(refill, fullAtNanos - costNanos, idleAtNanos);
    }
  }
}
