package io.penstock.planner.queueing;

/**
 * Waiting for one of several equal servers when arrivals are a Poisson stream and service times are
 * exponential (A. K. Erlang, 1917).
 *
 * <p>With {@code a = λ·s} the offered load, Erlang's B follows from {@code B(0) = 1, B(k) =
 * a·B(k−1)/(k + a·B(k−1))}, and the chance to wait is {@code C = c·B/(c − a·(1 − B))}. Where
 * arrivals or services are not of that kind, the mean wait is multiplied by {@code (CV²_arrival +
 * CV²_service)/2} (Allen and Cunneen).
 *
 * @param servers how many
 * @param offered arrivals a second times the seconds that one takes
 */
public record ErlangC(int servers, double offered) {
  public ErlangC {
    if (servers < 1) {
      throw new IllegalArgumentException("a queue needs 1 server or more, not " + servers);
    }
    if (!(offered >= 0 && offered < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("an offered load must be 0 or more, not " + offered);
    }
  }

  /** The share of arrivals that wait; 1 where the queue grows without bound. */
  public double waitProbability() {
    if (offered >= servers) {
      return 1;
    }
    double blocked = 1;
    for (int k = 1; k <= servers; k++) {
      blocked = offered * blocked / (k + offered * blocked);
    }
    return servers * blocked / (servers - offered * (1 - blocked));
  }

  /**
   * The mean wait of all arrivals, in seconds.
   *
   * @param serviceSeconds the mean of one service
   * @param arrivalVariation variance of the time between arrivals over its mean squared; 1: Poisson
   * @param serviceVariation variance of a service over its mean squared; 1: exponential
   */
  public double meanWaitSeconds(
      double serviceSeconds, double arrivalVariation, double serviceVariation) {
    return offered >= servers
        ? Double.POSITIVE_INFINITY
        : waitProbability()
            * serviceSeconds
            / (servers - offered)
            * (arrivalVariation + serviceVariation)
            / 2;
  }
}
