package io.penstock.planner.calibrate;

import org.jspecify.annotations.Nullable;

/**
 * How positive numbers have been spread of late, times or ratios, in sixteen classes for each
 * doubling. The shorter it remembers the sooner has what was slow while a server warmed up gone
 * from the 95th percentile, after three times as many as it remembers; the longer, the better is
 * that known. Safe for several threads.
 */
public final class RecentSpread {
  private static final int CLASSES_PER_DOUBLING = 16;

  /** From a millionth to a million. */
  private static final int DOUBLINGS = 20;

  private static final int CLASSES = 2 * DOUBLINGS * CLASSES_PER_DOUBLING;

  private final double kept;
  private final double[] weights = new double[CLASSES];
  private double unit = 1;
  private double count;

  /**
   * @param remembered the newest counts for one of so many
   */
  public RecentSpread(int remembered) {
    this.kept = 1 - 1.0 / remembered;
  }

  /** One more; what is no positive number is left out. */
  public synchronized void add(double value) {
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      return;
    }
    double octaves = Math.log(value) / Math.log(2) + DOUBLINGS;
    // Newer ones weigh more instead of older ones less, which saves touching them all.
    unit /= kept;
    weights[(int) Math.clamp(Math.floor(octaves * CLASSES_PER_DOUBLING), 0, CLASSES - 1)] += unit;
    count = count * kept + 1;
    if (unit > 1e9) {
      for (int i = 0; i < CLASSES; i++) {
        weights[i] /= unit;
      }
      unit = 1;
    }
  }

  /** How many count. */
  public synchronized double count() {
    return count;
  }

  /** What the share {@code q} of all stays under; NaN before the first. */
  public double quantile(double q) {
    var sum = new Sum();
    sum.add(this, 1);
    return sum.quantile(q);
  }

  /** Several of them together. */
  static final class Sum {
    private final double[] weights = new double[CLASSES];

    /** How many count. */
    double count() {
      double all = 0;
      for (double each : weights) {
        all += each;
      }
      return all;
    }

    /** Adds what a spread counts, each with a weight; answers how much that is. */
    double add(@Nullable RecentSpread spread, double weight) {
      if (spread == null) {
        return 0;
      }
      synchronized (spread) {
        for (int i = 0; i < CLASSES; i++) {
          weights[i] += spread.weights[i] * weight / spread.unit;
        }
        return spread.count * weight;
      }
    }

    double quantile(double q) {
      double all = count();
      double below = 0;
      for (int i = 0; i < CLASSES && all > 0; i++) {
        if (weights[i] > 0 && below + weights[i] >= q * all) {
          double within = (q * all - below) / weights[i];
          return Math.pow(2, (i + within) / CLASSES_PER_DOUBLING - DOUBLINGS);
        }
        below += weights[i];
      }
      return Double.NaN;
    }
  }
}
