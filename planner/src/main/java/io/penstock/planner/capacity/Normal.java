package io.penstock.planner.capacity;

/** The normal distribution. */
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

  /**
   * The probability of more than {@code x}, to 2e-4: the logistic function of a cubic (Bowling and
   * others, Journal of Industrial Engineering and Management 2, 2009).
   */
  static double over(double x) {
    return 1 / (1 + Math.exp(x * (1.5976 + 0.07056 * x * x)));
  }
}
