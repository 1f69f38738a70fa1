package io.penstock.loadtest.load;

import io.vertx.core.json.JsonObject;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/** A distribution of times in milliseconds. */
public record Quantiles(
    long count,
    double mean,
    double p50,
    double p90,
    double p95,
    double p99,
    double p999,
    double max) {
  static Quantiles ofNanos(Histogram histogram) {
    if (histogram.getTotalCount() == 0) {
      return new Quantiles(0, 0, 0, 0, 0, 0, 0, 0);
    }
    return new Quantiles(
        histogram.getTotalCount(),
        histogram.getMean() / 1e6,
        at(histogram, 50),
        at(histogram, 90),
        at(histogram, 95),
        at(histogram, 99),
        at(histogram, 99.9),
        histogram.getMaxValue() / 1e6);
  }

  private static double at(Histogram histogram, double percentile) {
    return histogram.getValueAtPercentile(percentile) / 1e6;
  }

  String text() {
    return String.format(
        Locale.ROOT,
        "mean %.2f  p50 %.2f  p90 %.2f  p95 %.2f  p99 %.2f  p99.9 %.2f  max %.2f ms  (%d)",
        mean,
        p50,
        p90,
        p95,
        p99,
        p999,
        max,
        count);
  }

  JsonObject json() {
    return new JsonObject()
        .put("count", count)
        .put("mean_ms", mean)
        .put("p50_ms", p50)
        .put("p90_ms", p90)
        .put("p95_ms", p95)
        .put("p99_ms", p99)
        .put("p999_ms", p999)
        .put("max_ms", max);
  }
}
