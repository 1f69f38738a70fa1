package io.penstock.planner.capacity;

/**
 * How many sequences decode at a time, as a birth–death process: one more at the rate {@code λ},
 * one less at {@code n/(S·τ(n))}, up to the places that there are; beyond, a line that falls off
 * geometrically. Where all share a server, as sequences share a step, only the mean of what each
 * needs counts. Prompts that stop all decodes for a while make the number stray farther: with
 * {@code spread} times the variance of a Poisson variable, its ratios are those of a negative
 * binomial one.
 *
 * @param decoding the mean
 * @param stepSeconds the mean of a step, as those see it that take it
 * @param straySeconds a standard deviation of a step for the number's straying, as that of 99 of
 *     100 tells it
 * @param idle the probability that none does
 * @param waitProbability the probability that all places are taken
 * @param waitSeconds what who then waits does so on average
 */
record Occupancy(
    double decoding,
    double stepSeconds,
    double straySeconds,
    double idle,
    double waitProbability,
    double waitSeconds) {
  /** Requests of one token never decode. */
  static final Occupancy NONE = new Occupancy(0, 0, 0, 1, 0, 0);

  /** Standard deviations that a normal variable is over its mean in 1 of 100 cases. */
  private static final double NORMAL_P99 = 2.326;

  /** Standard deviations below the mean where the sum begins, and as many sequences. */
  private static final double FAR = 9;

  private static final double NEGLIGIBLE = 1e-14;

  /**
   * The line of those that wait for a place.
   *
   * @param ratio by which each number in line is rarer than the one before; 0: nobody ever waits
   * @param waitSeconds what who waits does so on average
   */
  record Line(double ratio, double waitSeconds) {
    static final Line NONE = new Line(0, 0);
  }

  /**
   * The steady state.
   *
   * @param step what a step takes by how many decode
   * @param work {@code λ·S}, steps that come in a second
   * @param spread 1 where prompts stop nobody
   * @param places that decode at most, not a whole number
   */
  static Occupancy of(StepCurve step, double work, double spread, double places, Line line) {
    double balance = Math.min(step.balance(work), places);
    int last = (int) Math.ceil(places - 1e-9);
    int first = (int) Math.max(0, balance - FAR * Math.sqrt(spread * (1 + balance)) - FAR);
    double weight = 1;
    double before = 0;
    double all = 1;
    double sum = first;
    double square = (double) first * first;
    double steps = 0;
    for (int i = first + 1; i <= last; i++) {
      double n = Math.min(i, places);
      double seconds = step.at(n);
      steps += weight * seconds;
      before = weight;
      weight *= (work * seconds / n + (spread - 1) * (i - 1) / i) / spread;
      all += weight;
      sum += n * weight;
      square += n * n * weight;
      if (i > balance && weight < NEGLIGIBLE * all) {
        before = 0;
        weight = 0;
        break;
      }
    }
    double inLine = weight * line.ratio / (1 - line.ratio);
    double partly = (last - places) * before;
    double total = all + inLine;
    double mean = (sum + places * inLine) / total;
    double variance = (square + places * places * inLine) / total - mean * mean;
    steps += (weight + inLine) * step.at(places);
    double stepMean = steps / total;
    boolean waits = line.ratio > 0;
    return new Occupancy(
        mean,
        stepMean,
        straySeconds(step, mean + NORMAL_P99 * Math.sqrt(Math.max(0, variance)), stepMean),
        first == 0 ? 1 / total : 0,
        waits ? (weight + inLine + partly) / total : 0,
        line.waitSeconds);
  }

  private static double straySeconds(StepCurve step, double most, double mean) {
    return Math.max(0, (step.at(most) - mean) / NORMAL_P99);
  }
}
