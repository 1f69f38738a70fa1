package io.penstock.gateway.admin;

import java.util.HashMap;
import java.util.Map;

/** What had been counted by one moment, by names of the dashboard's own. */
final class Sample {
  private final long nanos;
  private final Map<String, Double> counts = new HashMap<>();
  private final Map<String, Buckets> histograms = new HashMap<>();

  Sample(long nanos) {
    this.nanos = nanos;
  }

  void count(String name, double value) {
    counts.put(name, value);
  }

  void histogram(String name, Buckets value) {
    histograms.put(name, value);
  }

  /** So many a second since an earlier sample; NaN where either does not know. */
  double rateSince(Sample before, String name) {
    return sum(before, name) / Math.max(1e-3, secondsSince(before));
  }

  /** How many since an earlier sample; NaN where either does not know. */
  double sum(Sample before, String name) {
    double now = counts.getOrDefault(name, Double.NaN);
    double then = before.counts.getOrDefault(name, Double.NaN);
    return Math.max(0, now - then);
  }

  Buckets since(Sample before, String name) {
    return histograms
        .getOrDefault(name, Buckets.NONE)
        .since(before.histograms.getOrDefault(name, Buckets.NONE));
  }

  double secondsSince(Sample before) {
    return (nanos - before.nanos) / 1e9;
  }
}
