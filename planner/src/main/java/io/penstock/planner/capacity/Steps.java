package io.penstock.planner.capacity;

import io.penstock.planner.capacity.Lengths.Classes;

/**
 * The steps of a request after its first token.
 *
 * @param least a step of a sequence alone
 * @param seconds the mean of a step
 * @param most a step of a replica that is full
 * @param alike the variance in which all steps of a request are alike, for the number of sequences
 * @param single the variance in which none is like another, for the prompts that come
 */
record Steps(double least, double seconds, double most, double alike, double single) {
  private static final double NORMAL_P95 = 1.645;
  private static final double NORMAL_P99 = 2.326;

  /** Of the variance of a time that is always at one of two limits. */
  private static final double BETWEEN = 0.5;

  /** The variance of the time that so many take. */
  double variance(double count) {
    double limit = Math.min(betweenLimits(), square((most - seconds) / NORMAL_P99));
    return Math.min(count * count * limit, count * (count * alike + single));
  }

  /** The time per token of requests whose completions are so long. */
  Latency perToken(Classes completions, double tokensPerStep) {
    double inverse = 0;
    for (int i = 0; i < completions.count(); i++) {
      double count = (completions.tokens()[i] - 1) / tokensPerStep;
      inverse += completions.shares()[i] / Math.max(1, count);
    }
    var prompts =
        Latency.between(least, seconds, most, Math.min(betweenLimits(), single * inverse));
    double strays = Math.sqrt(alike);
    double p95 = over(NORMAL_P95 * strays, prompts.p95());
    double p99 = Math.max(p95, over(NORMAL_P99 * strays, prompts.p99()));
    return new Latency(
        seconds / tokensPerStep,
        prompts.p50() / tokensPerStep,
        p95 / tokensPerStep,
        p99 / tokensPerStep);
  }

  /**
   * Where a step is longer than the mean for two reasons: more than for either, less than for both;
   * and it grows with each, which the sum of the squares does too, but that is too little for times
   * that are skewed.
   */
  private double over(double strays, double prompts) {
    double both = power(strays) + power(prompts - seconds);
    return Math.clamp(seconds + Math.cbrt(both * both), seconds, Math.max(most, seconds));
  }

  private static double power(double x) {
    return x > 0 ? x * Math.sqrt(x) : 0;
  }

  private double betweenLimits() {
    return BETWEEN * Math.max(0, (most - seconds) * (seconds - least));
  }

  private static double square(double x) {
    return x * x;
  }
}
