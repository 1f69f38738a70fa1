package io.penstock.planner.report;

import io.penstock.planner.capacity.Lengths;
import java.util.ArrayList;
import java.util.List;

/** Values counted in classes of 4 %, so that a quantile is right to within 2 %. */
final class Distribution {
  private static final double CLASS = Math.log(1.04);
  private static final double LEAST = 1e-6;
  private static final int CLASSES = 800;

  private final long[] counts = new long[CLASSES];
  private final double[] sums = new double[CLASSES];
  private long count;
  private double sum;

  /** Counts a value; what is no number, or below 0, is left out. */
  void add(double value) {
    if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      return;
    }
    int index = value <= LEAST ? 0 : (int) Math.min(CLASSES - 1, Math.log(value / LEAST) / CLASS);
    counts[index]++;
    sums[index] += value;
    count++;
    sum += value;
  }

  long count() {
    return count;
  }

  double sum() {
    return sum;
  }

  double mean() {
    return count == 0 ? Double.NaN : sum / count;
  }

  /** The value that a share {@code q} does not pass; NaN where there is none. */
  double quantile(double q) {
    long rank = (long) Math.ceil(q * count);
    long reached = 0;
    for (int i = 0; i < CLASSES; i++) {
      reached += counts[i];
      if (counts[i] > 0 && reached >= rank) {
        return sums[i] / counts[i];
      }
    }
    return Double.NaN;
  }

  /** The share of values that are not over a bound; NaN where there is none. */
  double shareWithin(double bound) {
    long within = 0;
    for (int i = 0; i < CLASSES; i++) {
      if (counts[i] > 0 && sums[i] / counts[i] <= bound) {
        within += counts[i];
      }
    }
    return count == 0 ? Double.NaN : (double) within / count;
  }

  /** Counted in classes that double: up to 1, to 2, to 4 and so on; none behind the last used. */
  List<Report.Bin> doubling() {
    var bins = new ArrayList<Report.Bin>();
    long within = 0;
    double bound = 1;
    for (int i = 0; i < CLASSES; i++) {
      if (counts[i] == 0) {
        continue;
      }
      while (sums[i] / counts[i] > bound) {
        bins.add(new Report.Bin(bound, within));
        within = 0;
        bound *= 2;
      }
      within += counts[i];
    }
    if (within > 0) {
      bins.add(new Report.Bin(bound, within));
    }
    return List.copyOf(bins);
  }

  /** The same as lengths, each so many times as long; {@code otherwise} where there is none. */
  Lengths lengths(double otherwise, double times) {
    int used = 0;
    for (long each : counts) {
      used += each > 0 ? 1 : 0;
    }
    if (used == 0) {
      return Lengths.fixed(otherwise * times);
    }
    double[] tokens = new double[used];
    double[] weights = new double[used];
    int next = 0;
    for (int i = 0; i < CLASSES; i++) {
      if (counts[i] > 0) {
        tokens[next] = times * sums[i] / counts[i];
        weights[next++] = counts[i];
      }
    }
    return Lengths.histogram(tokens, weights);
  }
}
