package io.penstock.planner.size;

/**
 * Interruptible machines in a pool, and how many more of them stand in for those that were taken
 * away.
 *
 * <p>A machine runs for {@code 1/r} hours on average, is taken, and is replaced after {@code T}: in
 * the long run it is away for the share {@code p = r·T/(1 + r·T)} of the time, however the times
 * are distributed (an alternating renewal process). Where machines are taken independently, those
 * away at once among {@code n + s} are {@code Binomial(n + s, p)}, so {@code s} spares keep {@code
 * n} running with the chance {@code P(X ≤ s)}; {@link #spares} is the least {@code s} for which
 * that is the confidence. Machines that are taken together, as when a zone is sold out, are what
 * spares per failure domain are for.
 *
 * @param share of the serving replicas that is on such machines
 * @param interruptionsPerHour of one machine
 * @param replacementSeconds until another serves in its place
 * @param confidence with which the serving ones are all there
 */
public record Spot(
    double share, double interruptionsPerHour, double replacementSeconds, double confidence) {
  public static final Spot NONE = new Spot(0, 0, 0, 0.99);

  private static final double SECONDS_PER_HOUR = 3600;

  public Spot {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("a spot share must be in [0, 1], not " + share);
    }
    if (!(interruptionsPerHour >= 0 && interruptionsPerHour < Double.POSITIVE_INFINITY)
        || !(replacementSeconds >= 0 && replacementSeconds < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("interruptions and replacement must be 0 or more");
    }
    if (!(confidence > 0 && confidence < 1)) {
      throw new IllegalArgumentException("a confidence must be in (0, 1), not " + confidence);
    }
  }

  /** The share of the time that one machine is away. */
  public double awayShare() {
    double perReplacement = interruptionsPerHour * replacementSeconds / SECONDS_PER_HOUR;
    return perReplacement / (1 + perReplacement);
  }

  /** Of {@code serving} replicas, those on interruptible machines. */
  int interruptible(int serving) {
    return (int) Math.floor(serving * share + 1e-9);
  }

  /** Further machines, so that {@code machines} run with the confidence. */
  public int spares(int machines) {
    double away = awayShare();
    if (machines == 0 || away == 0) {
      return 0;
    }
    int high = 1;
    while (atMost(high, machines + high, away) < confidence) {
      high *= 2;
    }
    int low = -1;
    while (high - low > 1) {
      int middle = (low + high) >>> 1;
      if (atMost(middle, machines + middle, away) >= confidence) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return high;
  }

  /** {@code P(Binomial(n, p) ≤ k)}, term by term from the logarithm of the one before. */
  static double atMost(int k, int n, double p) {
    double odds = Math.log(p) - Math.log1p(-p);
    double term = n * Math.log1p(-p);
    double sum = Math.exp(term);
    for (int i = 1; i <= Math.min(k, n); i++) {
      term += Math.log((double) (n - i + 1) / i) + odds;
      sum += Math.exp(term);
    }
    return Math.min(1, sum);
  }
}
