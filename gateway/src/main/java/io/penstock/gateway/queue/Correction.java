package io.penstock.gateway.queue;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * How far the number of places that the capacity model gives is off, by the pace at which tokens
 * came: the p95 of the time per token of the answers that began to be given after the last change
 * should be a little under what the pool promises. A time per token grows with the calls at once,
 * but more slowly, so that the number is changed by the square of what the time is off. It grows
 * only where the places were all taken: of fewer calls the time says nothing of more.
 */
final class Correction {
  private static final double AIM = 0.98;
  private static final double LEAST = 0.25;
  private static final double MOST = 1.5;

  /** Of one change. */
  private static final double STEP = 1.25;

  private static final int FEWEST = 20;
  private static final long SHORTEST_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final double NANOS_PER_SECOND = 1e9;

  private final double[] recent = new double[256];
  private int count;
  private long changedNanos = Long.MIN_VALUE;
  private boolean wasFull;
  private volatile double factor = 1;

  double factor() {
    return factor;
  }

  /** An answer came at so many seconds a token. */
  synchronized void answered(double tpotSeconds) {
    recent[count++ % recent.length] = tpotSeconds;
  }

  /**
   * Changes the factor where there is reason to.
   *
   * @param promisedSeconds per token; 0: nothing is
   * @param heldSeconds how long a call has its place
   * @param full whether no place is free now
   */
  synchronized void look(long now, double promisedSeconds, double heldSeconds, boolean full) {
    wasFull |= full;
    long residence = Math.max(SHORTEST_NANOS, (long) (heldSeconds * NANOS_PER_SECOND));
    if (changedNanos == Long.MIN_VALUE || now - changedNanos < residence / 2) {
      changedNanos = changedNanos == Long.MIN_VALUE ? now : changedNanos;
      count = 0;
      wasFull = false;
      return;
    }
    if (promisedSeconds == 0 || count < FEWEST || now - changedNanos < residence) {
      return;
    }
    double[] times = Arrays.copyOf(recent, Math.min(count, recent.length));
    Arrays.sort(times);
    double off = AIM * promisedSeconds / times[(int) (0.95 * (times.length - 1))];
    double change = Math.clamp(off * off, 1 / STEP, STEP);
    if (change < 1 || wasFull) {
      factor = Math.clamp(factor * change, LEAST, MOST);
    }
    changedNanos = now;
  }
}
