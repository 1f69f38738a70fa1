package io.penstock.gateway.choose;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How many more attempts a pool's calls may make than there are calls: in any minute a tenth of its
 * calls, and {@link #FLOOR} so that a quiet pool may retry too. Without it, a pool that fails is
 * asked several times as much as before, which keeps it failing.
 *
 * <p>Counted in a ring of seconds; shared by all loops, a few instructions under a lock.
 */
final class RetryBudget {
  static final int FLOOR = 10;

  private static final int SECONDS = 60;
  private static final int CALLS_PER_RETRY = 10;

  private final LongSupplier nanos;
  private final int[] calls = new int[SECONDS];
  private final int[] retries = new int[SECONDS];
  private long second;
  private long callsSum;
  private long retriesSum;

  RetryBudget(LongSupplier nanos) {
    this.nanos = nanos;
    this.second = now();
  }

  synchronized void called() {
    int slot = slot();
    calls[slot]++;
    callsSum++;
  }

  /** Takes one more attempt; false where there is none left. */
  synchronized boolean spend() {
    int slot = slot();
    if (retriesSum >= FLOOR + callsSum / CALLS_PER_RETRY) {
      return false;
    }
    retries[slot]++;
    retriesSum++;
    return true;
  }

  /** An attempt that was taken is not made. */
  synchronized void giveBack() {
    int slot = slot();
    if (retries[slot] > 0) {
      retries[slot]--;
      retriesSum--;
    }
  }

  private int slot() {
    long now = now();
    long from = Math.max(second, now - SECONDS);
    for (long passed = from + 1; passed <= now; passed++) {
      int old = Math.floorMod(passed, SECONDS);
      callsSum -= calls[old];
      retriesSum -= retries[old];
      calls[old] = 0;
      retries[old] = 0;
    }
    second = Math.max(second, now);
    return Math.floorMod(second, SECONDS);
  }

  private long now() {
    return TimeUnit.NANOSECONDS.toSeconds(nanos.getAsLong());
  }
}
