package io.penstock.gateway.choose;

import java.util.concurrent.TimeUnit;

/**
 * What the calls to one backend say about it; a value, so that one compare-and-set changes all.
 *
 * <p>After {@link #FAILURES_TO_EJECT} failures without a success between them the backend is out
 * for a second, then for twice as long after each probe that fails, up to a minute. When that time
 * is over one call is let through as a probe: its success brings the backend back, its failure
 * sends it out again, and its being abandoned lets the next call be the probe.
 *
 * @param failures failures since the last success
 * @param ejections how often it was sent out since the last success; 0: it is in
 * @param retryNanos from when a probe may go; of meaning only while it is out
 * @param probing whether a probe is on its way
 */
record Health(int failures, int ejections, long retryNanos, boolean probing) {
  static final Health GOOD = new Health(0, 0, 0, false);
  static final int FAILURES_TO_EJECT = 3;

  private static final long FIRST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int LONGEST_PAUSE = 60;

  boolean out() {
    return ejections > 0;
  }

  boolean probeDue(long nowNanos) {
    return out() && !probing && nowNanos - retryNanos >= 0;
  }

  Health probe() {
    return new Health(failures, ejections, retryNanos, true);
  }

  Health probeAbandoned() {
    return new Health(failures, ejections, retryNanos, false);
  }

  Health failed(boolean probe, long nowNanos) {
    int count = failures + 1;
    if (out() ? probe : count >= FAILURES_TO_EJECT) {
      return new Health(count, ejections + 1, nowNanos + pauseNanos(ejections), false);
    }
    return new Health(count, ejections, retryNanos, probing);
  }

  private static long pauseNanos(int ejections) {
    return FIRST_PAUSE_NANOS * Math.min(LONGEST_PAUSE, 1L << Math.min(ejections, 10));
  }
}
