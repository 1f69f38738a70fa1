package io.penstock.planner.calibrate;

/**
 * How long a pool's first tokens take of late: in seconds, or as a multiple of what the capacity
 * model says of each call.
 *
 * @param p50 half of them took less; NaN where too little was seen
 * @param p95 95 of 100 took less; NaN where too little was seen
 */
public record FirstToken(double p50, double p95) {
  public static final FirstToken UNKNOWN = new FirstToken(Double.NaN, Double.NaN);

  /** First tokens of which a 95th percentile can be told. */
  private static final double FEWEST = 40;

  public static FirstToken of(RecentSpread seen) {
    return seen.count() < FEWEST
        ? UNKNOWN
        : new FirstToken(seen.quantile(0.5), seen.quantile(0.95));
  }

  public boolean isKnown() {
    return p95 > 0;
  }
}
