package io.penstock.planner.capacity;

/**
 * A time as a distribution, in seconds.
 *
 * @param mean the mean
 * @param p50 the median
 * @param p95 what 95 of 100 stay under
 * @param p99 what 99 of 100 stay under
 */
public record Latency(double mean, double p50, double p95, double p99) {
  /** Standard deviations over the mean, between those of a normal and of an exponential time. */
  private static final double P95 = 1.8;

  private static final double P99 = 3.0;

  /**
   * A time of that mean and variance, skewed to the right as waits are. More of either never gives
   * a smaller p95 or p99.
   */
  static Latency spread(double mean, double variance) {
    if (!(mean > 0) || mean == Double.POSITIVE_INFINITY) {
      return new Latency(mean, mean, mean, mean);
    }
    double deviation = Math.sqrt(variance);
    double median = mean / Math.sqrt(1 + variance / (mean * mean));
    return new Latency(mean, median, mean + P95 * deviation, mean + P99 * deviation);
  }
}
