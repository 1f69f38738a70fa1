package io.penstock.planner.capacity;

/** The normal distribution's quantiles. */
final class Normal {
  private Normal() {}

  /**
   * The value that a standard normal variable does not pass with probability {@code p}, to 4.5e-4:
   * Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.23.
   */
  static double quantile(double p) {
    return p < 0.5 ? -upper(p) : upper(1 - p);
  }

  private static double upper(double tail) {
    double t = Math.sqrt(-2 * Math.log(tail));
    double numerator = 2.515517 + t * (0.802853 + t * 0.010328);
    double denominator = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
    return t - numerator / denominator;
  }

  /** The density over the distribution function at {@code x}, for {@code x} of 0 or more. */
  static double hazard(double x) {
    double density = 0.3989422804014327 * Math.exp(-x * x / 2);
    return density / (1 - tail(x, density));
  }

  /** The same handbook, 26.2.17: to 7.5e-8. */
  private static double tail(double x, double density) {
    double t = 1 / (1 + 0.2316419 * x);
    double series =
        t
            * (0.319381530
                + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
    return density * series;
  }
}
