package io.penstock.gateway.admin;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The samples of the last minute. Rates are over the last ten seconds, shares and percentiles over
 * all of it, or over as much as there is.
 */
final class Window {
  static final int SECONDS = 60;
  private static final int RATE_SECONDS = 10;

  private final Deque<Sample> samples = new ArrayDeque<>();
  private Sample lately = new Sample(0);

  void add(Sample sample) {
    samples.addLast(sample);
    while (sample.secondsSince(samples.getFirst()) > SECONDS + 0.5) {
      samples.removeFirst();
    }
    lately = sample;
    for (Sample before : samples) {
      if (sample.secondsSince(before) <= RATE_SECONDS + 0.5) {
        lately = before;
        break;
      }
    }
  }

  void clear() {
    samples.clear();
  }

  double seconds() {
    return samples.getLast().secondsSince(samples.getFirst());
  }

  /** So many a second, over the last ten. */
  double rate(String name) {
    return samples.getLast().rateSince(lately, name);
  }

  /** So many a second, over the whole window. */
  double slowRate(String name) {
    return samples.getLast().rateSince(samples.getFirst(), name);
  }

  double sum(String name) {
    return samples.getLast().sum(samples.getFirst(), name);
  }

  Buckets histogram(String name) {
    return samples.getLast().since(samples.getFirst(), name);
  }
}
