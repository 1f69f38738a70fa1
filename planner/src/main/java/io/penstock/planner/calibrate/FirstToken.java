package io.penstock.planner.calibrate;

/**
 * How long first tokens take of late, in seconds. Where some prompts are cached and others are not
 * they take one of two times, which no two percentiles tell: hence four.
 *
 * @param p50 half of them took less; NaN where too little was seen
 * @param p90 90 of 100 took less; likewise
 * @param p95 95 of 100 took less; likewise
 * @param p99 99 of 100 took less; likewise
 */
public record FirstToken(double p50, double p90, double p95, double p99) {
  public static final FirstToken UNKNOWN =
      new FirstToken(Double.NaN, Double.NaN, Double.NaN, Double.NaN);

  /** First tokens of which a 95th percentile can be told. */
  private static final double FEWEST = 40;

  public static FirstToken of(RecentSpread seen) {
    var sum = new RecentSpread.Sum();
    return sum.add(seen, 1) < FEWEST ? UNKNOWN : of(sum, 1);
  }

  /** As spread, in units of so many seconds. */
  static FirstToken of(RecentSpread.Sum spread, double unitSeconds) {
    return new FirstToken(
        unitSeconds * next(spread, 0.5),
        unitSeconds * next(spread, 0.9),
        unitSeconds * next(spread, 0.95),
        unitSeconds * next(spread, 0.99));
  }

  /** What the next one stays under with so much chance: of n that came, it may be the longest. */
  private static double next(RecentSpread.Sum spread, double chance) {
    return spread.quantile(Math.min(1, chance + chance / spread.count()));
  }

  public boolean isKnown() {
    return p95 > 0;
  }
}
