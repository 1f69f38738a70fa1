package io.penstock.planner.simulate;

import java.util.Arrays;

/**
 * How values are spread. Percentiles are values that occurred: the smallest that so many of 100 do
 * not pass.
 *
 * @param count how many values
 * @param mean of them; 0 where there are none, as the others
 * @param p50 the median
 * @param p95 what 95 of 100 stay within
 * @param p99 what 99 of 100 stay within
 * @param most the greatest
 */
public record Spread(int count, double mean, double p50, double p95, double p99, double most) {
  private static final Spread NONE = new Spread(0, 0, 0, 0, 0, 0);

  /** Of the first {@code count} values, which are put in order. */
  static Spread of(double[] values, int count) {
    if (count == 0) {
      return NONE;
    }
    Arrays.sort(values, 0, count);
    double sum = 0;
    for (int i = 0; i < count; i++) {
      sum += values[i];
    }
    return new Spread(
        count,
        sum / count,
        rank(values, count, 0.50),
        rank(values, count, 0.95),
        rank(values, count, 0.99),
        values[count - 1]);
  }

  private static double rank(double[] sorted, int count, double share) {
    return sorted[Math.max(0, (int) Math.ceil(share * count) - 1)];
  }
}
