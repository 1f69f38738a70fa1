package io.penstock.planner.capacity;

import io.penstock.planner.capacity.Lengths.Classes;

/**
 * The distribution of the end-to-end time: by length of the completion a normal time, whose mean is
 * that of the first token and of as many steps, and in which the first token, the number of
 * sequences and the prompts that come between stray.
 */
final class Totals {
  private static final double PRECISION = 1e-11;
  private static final double FAR = 6;
  private static final int STEPS = 60;

  private final double[] shares;
  private final double[] means;
  private final double[] deviations;
  private final double mean;
  private double density;

  /**
   * The distribution.
   *
   * @param completions by length
   * @param tokensPerStep what speculation accepts
   * @param first the first token
   * @param step the steps after it
   */
  Totals(Classes completions, double tokensPerStep, FirstTokens first, Steps step) {
    int count = completions.count();
    this.shares = completions.shares();
    this.means = new double[count];
    this.deviations = new double[count];
    double all = 0;
    for (int i = 0; i < count; i++) {
      double steps = Math.max(0, completions.tokens()[i] - 1) / tokensPerStep;
      means[i] = first.mean() + steps * step.seconds();
      deviations[i] = first.variance() + step.variance(steps);
      all += shares[i] * means[i];
    }
    this.mean = all;
    for (int i = 0; i < count; i++) {
      deviations[i] = Math.sqrt(deviations[i] + square(width(i)) / 12);
    }
  }

  /** Completions of one class are of any length between it and its neighbours. */
  private double width(int i) {
    int below = Math.max(0, i - 1);
    int above = Math.min(means.length - 1, i + 1);
    return above > below ? (means[above] - means[below]) / (above - below) : 0;
  }

  Latency latency() {
    double high = 0;
    for (int i = 0; i < means.length; i++) {
      high = Math.max(high, means[i] + FAR * deviations[i]);
    }
    double p50 = within(0.50, 0, high);
    double p95 = within(0.95, p50, high);
    return new Latency(mean, p50, p95, within(0.99, p95, high));
  }

  /** What a share of requests stays under: Newton's method between limits. */
  private double within(double share, double least, double most) {
    double low = least;
    double high = most;
    double seconds = Math.clamp(start(share), low, high);
    for (int i = 0; i < STEPS && high - low > PRECISION * high; i++) {
      double over = longer(seconds) - (1 - share);
      if (Math.abs(over) < PRECISION) {
        break;
      }
      if (over > 0) {
        low = seconds;
      } else {
        high = seconds;
      }
      double next = seconds + over / density;
      seconds = next > low && next < high ? next : (low + high) / 2;
    }
    return Math.max(least, seconds);
  }

  private double start(double share) {
    double reached = 0;
    for (int i = 0; i < means.length - 1; i++) {
      reached += shares[i];
      if (reached >= share) {
        return means[i];
      }
    }
    return means[means.length - 1] + deviations[means.length - 1];
  }

  /** The share of requests that take longer; how fast it falls there is the density. */
  private double longer(double seconds) {
    double longer = 0;
    double falls = 0;
    for (int i = 0; i < means.length; i++) {
      double over = seconds - means[i];
      double deviation = deviations[i];
      if (over >= FAR * deviation) {
        continue;
      }
      if (over <= -FAR * deviation) {
        longer += shares[i];
        continue;
      }
      double x = over / deviation;
      double normal = Normal.over(x);
      longer += shares[i] * normal;
      falls += shares[i] * normal * (1 - normal) * (1.5976 + 0.21168 * x * x) / deviation;
    }
    density = falls;
    return longer;
  }

  private static double square(double x) {
    return x * x;
  }
}
