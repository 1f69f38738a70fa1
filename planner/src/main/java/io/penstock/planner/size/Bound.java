package io.penstock.planner.size;

import io.penstock.planner.capacity.Latency;
import io.penstock.planner.capacity.Prediction;
import java.util.Locale;

/**
 * A promise: a percentile of a latency within a time.
 *
 * @param metric of which latency
 * @param percentile which of its percentiles
 * @param seconds the most that it may be
 */
public record Bound(Metric metric, Percentile percentile, double seconds) {
  public Bound {
    if (!(seconds > 0 && seconds < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          name(metric, percentile) + " must be a time above 0, not " + seconds);
    }
  }

  /** What is timed. */
  public enum Metric {
    TTFT,
    TPOT,
    TOTAL
  }

  /** The mean, or what so many of 100 stay under. */
  public enum Percentile {
    MEAN,
    P50,
    P95,
    P99
  }

  /** As a scenario writes it: {@code total-p95}. */
  public String name() {
    return name(metric, percentile);
  }

  private static String name(Metric metric, Percentile percentile) {
    return (metric + "-" + percentile).toLowerCase(Locale.ROOT);
  }

  /** What {@code prediction} has for it, in seconds. */
  public double of(Prediction prediction) {
    Latency latency =
        switch (metric) {
          case TTFT -> prediction.ttft();
          case TPOT -> prediction.tpot();
          case TOTAL -> prediction.total();
        };
    return switch (percentile) {
      case MEAN -> latency.mean();
      case P50 -> latency.p50();
      case P95 -> latency.p95();
      case P99 -> latency.p99();
    };
  }

  /** Whether {@code prediction} keeps it. */
  public boolean holds(Prediction prediction) {
    return of(prediction) <= seconds;
  }

  /** The same promise with another time. */
  public Bound within(double other) {
    return new Bound(metric, percentile, other);
  }
}
