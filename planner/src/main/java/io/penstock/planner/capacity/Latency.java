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

  private static final double NORMAL_P95 = 1.645;
  private static final double NORMAL_P99 = 2.326;

  /** Of a mean: an excess that is none. */
  private static final double NONE = 1e-9;

  /**
   * A time between two others: its excess over {@code least} is log-normal, and ends at {@code
   * most}.
   */
  static Latency between(double least, double mean, double most, double variance) {
    double excess = mean - least;
    if (!(excess > NONE * mean && variance > 0)) {
      return new Latency(mean, mean, mean, mean);
    }
    double logVariance = Math.log1p(variance / (excess * excess));
    double deviation = Math.sqrt(logVariance);
    double median = excess * Math.exp(-logVariance / 2);
    return new Latency(
        mean,
        least + median,
        Math.clamp(least + median * Math.exp(NORMAL_P95 * deviation), mean, Math.max(mean, most)),
        Math.clamp(least + median * Math.exp(NORMAL_P99 * deviation), mean, Math.max(mean, most)));
  }

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
