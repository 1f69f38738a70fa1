package io.penstock.planner.calibrate;

import java.util.Arrays;

/**
 * A Kalman filter for few numbers that a measured time is a sum of: {@code y = h·θ + noise}. It
 * starts from a prior, forgets slowly (the numbers walk at random), gives an outlier the weight of
 * Huber's estimator, and when outliers keep coming from one side takes it that the numbers have
 * changed, and listens anew.
 *
 * <p>Not safe for several threads.
 */
final class Filter {
  /** Standard deviations after which a measurement counts as an outlier. */
  private static final double OUTLIER = 2;

  /** How much of the mean surprise the newest one makes up. */
  private static final double NEWEST = 0.05;

  /** A mean surprise of so many standard deviations is a change. */
  private static final double CHANGE = 1.2;

  private static final double FIRST_NOISE = 0.2;
  private static final double LEAST_NOISE = 0.03;
  private static final double MOST_NOISE = 0.6;

  private final int firstOpen;
  private final double[] prior;
  private final double[] priorVariance;
  private final double[] walk;
  private final double[] lowest;
  private final double[] value;
  private final double[][] covariance;
  private final double[] noiseSquare;
  private final long[] measured;
  private double surprise;
  private double heard;
  private int changes;

  /**
   * @param kinds of what is measured, each of which strays by a share of its own
   * @param firstOpen the first of the numbers that take up what is always the same
   * @param prior where the numbers start
   * @param deviation how far from it each may well be
   * @param walkPerMinute by how much each may change in a minute
   */
  Filter(int kinds, int firstOpen, double[] prior, double[] deviation, double[] walkPerMinute) {
    int n = prior.length;
    this.firstOpen = firstOpen;
    this.noiseSquare = new double[kinds];
    Arrays.fill(noiseSquare, FIRST_NOISE * FIRST_NOISE);
    this.measured = new long[kinds];
    this.prior = prior.clone();
    this.value = prior.clone();
    this.priorVariance = new double[n];
    this.walk = new double[n];
    this.lowest = new double[n];
    this.covariance = new double[n][n];
    for (int i = 0; i < n; i++) {
      priorVariance[i] = deviation[i] * deviation[i];
      walk[i] = walkPerMinute[i] * walkPerMinute[i] / 60;
      lowest[i] = prior[i] / 20;
      covariance[i][i] = priorVariance[i];
    }
  }

  /** So many seconds have passed since the last measurement. */
  void pass(double seconds) {
    for (int i = 0; i < value.length; i++) {
      double wider = covariance[i][i] + walk[i] * Math.max(0, seconds);
      // What nobody measures is known no worse than at the start.
      covariance[i][i] = Math.min(wider, Math.max(covariance[i][i], priorVariance[i]));
    }
  }

  /** What a measurement should be, of which each number's share is known. */
  double expected(double[] shares) {
    double expected = 0;
    for (int i = 0; i < value.length; i++) {
      expected += shares[i] * value[i];
    }
    return expected;
  }

  /**
   * A measurement, of which each number's share is known.
   *
   * <p>What the sum leaves out does not cancel out over many measurements, so a number is not moved
   * by those that could not tell it better than it is known (a consider filter: Schmidt, Advances
   * in Control Systems 3, 1966).
   *
   * @param kind of what is measured
   * @param floor by how much it strays however short it is: a standard deviation, in what is
   *     measured
   * @param leftOut what the sum may leave out each time alike, in what is measured
   */
  void measure(int kind, double[] shares, double seen, double floor, double leftOut) {
    double expected = expected(shares);
    if (!(expected > 0 && seen > 0 && seen < Double.POSITIVE_INFINITY)) {
      return;
    }
    double[] gain = new double[value.length];
    double known = project(shares, gain);
    double noise = noiseSquare[kind] * expected * expected + floor * floor;
    double innovation = seen - expected;
    double deviations = innovation / Math.sqrt(known + noise);
    listen(deviations);
    double weight = Math.min(1, OUTLIER / Math.abs(deviations));
    correct(gain, tells(shares, leftOut), known + noise / weight, innovation);
    double clipped = Math.clamp(innovation / expected, -1, 1);
    double explained = (known + floor * floor) / (expected * expected);
    double spread = Math.max(0, clipped * clipped - explained);
    noiseSquare[kind] =
        Math.clamp(
            noiseSquare[kind] + NEWEST / 5 * (spread * weight - noiseSquare[kind]),
            LEAST_NOISE * LEAST_NOISE,
            MOST_NOISE * MOST_NOISE);
    measured[kind]++;
  }

  /** Sets {@code gain} to {@code P·h}; answers {@code h·P·h}. */
  private double project(double[] shares, double[] gain) {
    double known = 0;
    for (int i = 0; i < gain.length; i++) {
      for (int j = 0; j < gain.length; j++) {
        gain[i] += covariance[i][j] * shares[j];
      }
      known += shares[i] * gain[i];
    }
    return known;
  }

  /** Which numbers a measurement tells better than they are known. */
  private boolean[] tells(double[] shares, double leftOut) {
    boolean[] tells = new boolean[shares.length];
    for (int i = 0; i < tells.length; i++) {
      tells[i] = i >= firstOpen || Math.sqrt(covariance[i][i]) * Math.abs(shares[i]) > leftOut;
    }
    return tells;
  }

  private void correct(double[] gain, boolean[] moved, double variance, double innovation) {
    for (int i = 0; i < gain.length; i++) {
      if (moved[i]) {
        value[i] = Math.max(lowest[i], value[i] + gain[i] / variance * innovation);
      }
      for (int j = 0; j < gain.length; j++) {
        // Two that stay keep what is known of both; else it is as in a filter that moves all.
        covariance[i][j] -= moved[i] || moved[j] ? gain[i] * gain[j] / variance : 0;
      }
    }
    for (int i = 0; i < gain.length; i++) {
      covariance[i][i] = Math.max(covariance[i][i], 1e-12 * priorVariance[i]);
    }
  }

  /** Noise cancels out; what stays on one side is a change. */
  private void listen(double deviations) {
    surprise += NEWEST * (Math.clamp(deviations, -4, 4) - surprise);
    heard++;
    if (Math.abs(surprise) > CHANGE && heard > 2 / NEWEST) {
      changes++;
      surprise = 0;
      heard = 0;
      for (int i = 0; i < value.length; i++) {
        covariance[i][i] = Math.max(covariance[i][i], priorVariance[i]);
      }
    }
  }

  double value(int i) {
    return value[i];
  }

  double prior(int i) {
    return prior[i];
  }

  double error(int i) {
    return Math.sqrt(covariance[i][i]);
  }

  /** The standard error of a sum of which each number's share is known. */
  double error(double[] shares) {
    return Math.sqrt(project(shares, new double[shares.length]));
  }

  /** By which share of it a measurement strays, over all kinds. */
  double noise() {
    double all = 0;
    double squares = 0;
    for (int kind = 0; kind < measured.length; kind++) {
      all += measured[kind];
      squares += measured[kind] * noiseSquare[kind];
    }
    return all == 0 ? FIRST_NOISE : Math.sqrt(squares / all);
  }

  /** How often the numbers were found to have changed. */
  int changes() {
    return changes;
  }
}
