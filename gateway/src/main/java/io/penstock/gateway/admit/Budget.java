package io.penstock.gateway.admit;

import io.penstock.config.Rate;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Money per window for one tenant, in whole millionths of a USD; shared by all loops and safe
 * without a lock. Unlike a bucket it does not refill continuously: a budget of a month is spent in
 * a calendar month, and is whole again at the next one's start.
 *
 * <p>A call reserves the most that it can cost and returns the difference, so spending passes the
 * budget only by what calls cost beyond their own worst case. A call belongs to the window in which
 * it was admitted, however late it ends.
 */
final class Budget {
  /** A month as the config counts it; as a budget's window it is the calendar's, in UTC. */
  private static final Duration MONTH = Duration.ofDays(30);

  private static final Duration WEEK = Duration.ofDays(7);

  /** The epoch was a Thursday, and weeks start on Monday. */
  private static final long MONDAY_MILLIS = Duration.ofDays(4).toMillis();

  private final AtomicReference<Spent> spent;

  Budget(Rate rate, long nowMillis) {
    long limit = microUsd(rate);
    spent = new AtomicReference<>(Spent.from(limit, rate.window(), nowMillis));
  }

  /** A new one; or the one before, with what was spent of it. */
  static Budget of(Rate rate, @Nullable Budget before, long nowMillis) {
    if (before == null) {
      return new Budget(rate, nowMillis);
    }
    before.resize(rate, nowMillis);
    return before;
  }

  private static long microUsd(Rate rate) {
    return Math.round(rate.amount() * 1e6);
  }

  /** As {@link #take(long, int, long)}, by the only taker. */
  @Nullable Hold take(long microUsd, long nowMillis) {
    return take(microUsd, 1, nowMillis);
  }

  /**
   * Reserves this much, or nothing: null when it is not there.
   *
   * @param sharers how many take from it unseen of each other: each is charged for all
   */
  @Nullable Hold take(long microUsd, int sharers, long nowMillis) {
    long charge = microUsd * sharers;
    while (true) {
      Spent before = spent.get();
      Spent now = before.at(nowMillis);
      if (now.lacks(charge)) {
        return null;
      }
      if (spent.compareAndSet(before, now.with(now.spentMicroUsd, now.heldMicroUsd + charge))) {
        return new Hold(this, charge, now.startMillis, sharers);
      }
    }
  }

  /**
   * What somebody who sees every taker says of a window; an older one than is known says nothing.
   */
  void learn(long startMillis, long spentMicroUsd, long heldMicroUsd, long nowMillis) {
    spent.updateAndGet(old -> {
      Spent now = old.at(nowMillis);
      return now.startMillis == startMillis ? now.with(spentMicroUsd, heldMicroUsd) : now;
    });
  }

  Spent at(long nowMillis) {
    return spent.get().at(nowMillis);
  }

  long limitMicroUsd() {
    return spent.get().limitMicroUsd;
  }

  void resize(Rate rate, long nowMillis) {
    spent.updateAndGet(old -> {
      Spent now = old.at(nowMillis);
      Spent fresh = Spent.from(microUsd(rate), rate.window(), nowMillis);
      return fresh.startMillis == now.startMillis && fresh.endMillis == now.endMillis
          ? fresh.with(now.spentMicroUsd, now.heldMicroUsd)
          : fresh;
    });
  }

  /**
   * What one call holds of a budget.
   *
   * @param budget whose
   * @param microUsd how much
   * @param startMillis in which window
   * @param sharers for how many it was charged
   */
  record Hold(Budget budget, long microUsd, long startMillis, int sharers) {
    void settle(long costMicroUsd) {
      budget.spent.updateAndGet(now ->
          now.startMillis == startMillis
              ? now.with(
                  now.spentMicroUsd + costMicroUsd * sharers,
                  Math.max(0, now.heldMicroUsd - microUsd))
              : now);
    }
  }

  /**
   * A budget at one moment.
   *
   * @param limitMicroUsd for the window
   * @param window the config's
   * @param startMillis the window's start
   * @param endMillis the next window's start
   * @param spentMicroUsd by calls that ended
   * @param heldMicroUsd at most, by calls in flight
   */
  record Spent(
      long limitMicroUsd,
      Duration window,
      long startMillis,
      long endMillis,
      long spentMicroUsd,
      long heldMicroUsd) {

    static Spent from(long limitMicroUsd, Duration window, long nowMillis) {
      if (window.equals(MONTH)) {
        ZonedDateTime start =
            Instant.ofEpochMilli(nowMillis)
                .atZone(ZoneOffset.UTC)
                .truncatedTo(ChronoUnit.DAYS)
                .withDayOfMonth(1);
        long end = start.plusMonths(1).toInstant().toEpochMilli();
        return new Spent(limitMicroUsd, window, start.toInstant().toEpochMilli(), end, 0, 0);
      }
      long millis = window.toMillis();
      long offset = window.equals(WEEK) ? MONDAY_MILLIS : 0;
      long start = nowMillis - Math.floorMod(nowMillis - offset, millis);
      return new Spent(limitMicroUsd, window, start, start + millis, 0, 0);
    }

    /** The same, or a fresh window when its own has passed; never an earlier one. */
    Spent at(long nowMillis) {
      return nowMillis < endMillis ? this : from(limitMicroUsd, window, nowMillis);
    }

    Spent with(long spentMicroUsd, long heldMicroUsd) {
      return new Spent(limitMicroUsd, window, startMillis, endMillis, spentMicroUsd, heldMicroUsd);
    }

    /** Whether this much is neither spent nor held. */
    boolean lacks(long microUsd) {
      return spentMicroUsd + heldMicroUsd + Math.max(1, microUsd) > limitMicroUsd;
    }

    /** Whether it would be lacking even if every call in flight cost nothing. */
    boolean lacksForGood(long microUsd) {
      return spentMicroUsd + Math.max(1, microUsd) > limitMicroUsd;
    }
  }
}
