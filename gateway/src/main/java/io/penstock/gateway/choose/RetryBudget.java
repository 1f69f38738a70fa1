package io.penstock.gateway.choose;

import io.penstock.config.Retries;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How many more attempts a pool's calls may make than there are calls: in any minute a share of its
 * calls, and a few so that a quiet pool may retry too. Without it, a pool that fails is asked
 * several times as much as before, which keeps it failing.
 *
 * <p>Counted in a ring of seconds; shared by all loops, a few instructions under a lock.
 */
final class RetryBudget {
  private static final int SECONDS = 60;

  private final Retries config;
  private final LongSupplier nanos;
  private final int[] calls = new int[SECONDS];
  private final int[] retries = new int[SECONDS];
  private long second;
  private long callsSum;
  private long retriesSum;

  RetryBudget(Retries config, LongSupplier nanos) {
    this.config = config;
    this.nanos = nanos;
    this.second = now();
  }

  Retries config() {
    return config;
  }

  synchronized void called() {
    int slot = slot();
    calls[slot]++;
    callsSum++;
  }

  /** Takes one more attempt; false where there is none left. */
  synchronized boolean spend() {
    int slot = slot();
    if (retriesSum >= config.least() + (long) (callsSum * config.share())) {
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
