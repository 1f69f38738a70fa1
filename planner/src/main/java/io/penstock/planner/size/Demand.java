package io.penstock.planner.size;

import io.penstock.planner.capacity.Workload;

/**
 * The traffic that a pool must serve. Either a rate is known, or so many users of whom each sends
 * the next request a while after the last answer.
 *
 * @param peakPerSecond requests a second at the peak, over a window as long as a replica takes to
 *     start; 0 where users are given instead
 * @param averagePerSecond over the month; 0: as at the peak
 * @param load what requests look like
 * @param users at once, at the peak; 0 where a rate is given
 * @param thinkSeconds from an answer to the same user's next request
 */
public record Demand(
    double peakPerSecond,
    double averagePerSecond,
    Workload load,
    double users,
    double thinkSeconds) {
  public Demand {
    notNegative("requests-per-second at the peak", peakPerSecond);
    notNegative("requests-per-second on average", averagePerSecond);
    notNegative("concurrent-users", users);
    notNegative("think-time", thinkSeconds);
    if (peakPerSecond == 0 && users == 0) {
      throw new IllegalArgumentException(
          "traffic must be above 0: a rate at the peak or concurrent users");
    }
    if (peakPerSecond > 0 && averagePerSecond > peakPerSecond) {
      throw new IllegalArgumentException(
          "the average rate, " + averagePerSecond + ", is over the peak, " + peakPerSecond);
    }
  }

  /** So many requests a second, at the peak and on average. */
  public static Demand rate(double peakPerSecond, double averagePerSecond, Workload load) {
    return new Demand(peakPerSecond, averagePerSecond, load, 0, 0);
  }

  private static void notNegative(String what, double value) {
    if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(what + " must be 0 or more, not " + value);
    }
  }

  /** Requests a second at the peak, where a request takes {@code totalSeconds}. */
  double peak(double totalSeconds) {
    return peakPerSecond > 0 ? peakPerSecond : users / (totalSeconds + thinkSeconds);
  }

  /** Requests a second over the month. */
  double average(double peak) {
    return averagePerSecond > 0 ? Math.min(averagePerSecond, peak) : peak;
  }

  /** So many times the traffic. */
  public Demand times(double factor) {
    return new Demand(
        peakPerSecond * factor, averagePerSecond * factor, load, users * factor, thinkSeconds);
  }

  /** Prompt and completion of the mean request. */
  public double tokensPerRequest() {
    return load.prompt().mean() + load.completion().mean();
  }
}
