package io.penstock.gateway.admin;

import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * A histogram: how many were at or under each bound, and how many there were. The difference of two
 * is the histogram of what came between them.
 *
 * @param bounds in seconds, rising
 * @param counts at or under each bound
 * @param count of all
 */
record Buckets(double[] bounds, double[] counts, double count) {
  static final Buckets NONE = new Buckets(new double[0], new double[0], 0);

  static Buckets of(Timer timer) {
    var snapshot = timer.takeSnapshot();
    CountAtBucket[] all = snapshot.histogramCounts();
    return new Buckets(
        Arrays.stream(all).mapToDouble(each -> each.bucket(TimeUnit.SECONDS)).toArray(),
        Arrays.stream(all).mapToDouble(CountAtBucket::count).toArray(),
        snapshot.count());
  }

  Buckets plus(Buckets other) {
    return bounds.length == 0 ? other : with(other, 1);
  }

  /** What came since; all of it where the bounds are others. */
  Buckets since(Buckets before) {
    return bounds.length == before.bounds.length ? with(before, -1) : this;
  }

  private Buckets with(Buckets other, int sign) {
    double[] sums = counts.clone();
    for (int i = 0; i < Math.min(sums.length, other.counts.length); i++) {
      sums[i] = Math.max(0, sums[i] + sign * other.counts[i]);
    }
    return new Buckets(bounds, sums, Math.max(0, count + sign * other.count));
  }

  /** The time that a share of all stayed under, even within its bucket; NaN where there is none. */
  double quantile(double share) {
    if (!(count > 0) || bounds.length == 0) {
      return Double.NaN;
    }
    double rank = share * count;
    for (int i = 0; i < bounds.length; i++) {
      if (counts[i] >= rank) {
        double under = i == 0 ? 0 : counts[i - 1];
        double from = i == 0 ? 0 : bounds[i - 1];
        double inside = counts[i] - under;
        return inside <= 0 ? bounds[i] : from + (bounds[i] - from) * (rank - under) / inside;
      }
    }
    return bounds[bounds.length - 1];
  }

  /** The share that stayed within a time; NaN where there is none. */
  double within(double seconds) {
    if (!(count > 0) || bounds.length == 0) {
      return Double.NaN;
    }
    for (int i = 0; i < bounds.length; i++) {
      if (bounds[i] >= seconds) {
        double under = i == 0 ? 0 : counts[i - 1];
        double from = i == 0 ? 0 : bounds[i - 1];
        return (under + (counts[i] - under) * (seconds - from) / (bounds[i] - from)) / count;
      }
    }
    return counts[counts.length - 1] / count;
  }
}
