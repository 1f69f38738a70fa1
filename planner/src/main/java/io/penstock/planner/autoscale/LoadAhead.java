package io.penstock.planner.autoscale;

import io.penstock.planner.forecast.Forecast;

/**
 * The load that replicas must be ready for: what is forecast from whole minutes, or the load of the
 * moment where that is more.
 *
 * <p>A moment is half of what a replica takes to start, within bounds: what rises and falls faster
 * is over before one could help, and averaging over less only makes the load look higher now and
 * then, which the patience of the {@link Stabiliser} then keeps. The mean of the last {@code τ}
 * seconds strays by {@code √(λ/2τ)} where requests come by chance. How they come by chance in the
 * time ahead is the sizing's matter, which takes a Poisson stream.
 *
 * <p>Not safe for several threads.
 */
public final class LoadAhead {
  private static final double SECONDS_PER_MINUTE = 60;
  private static final double SHORTEST_MOMENT_SECONDS = 10;
  private static final double LONGEST_MOMENT_SECONDS = 30;

  /** Standard deviations up to which 95 of 100 cases stay. */
  private static final double P95 = 1.645;

  /** What has died away to a request an hour is no load. */
  private static final double NO_LOAD = 1e-3;

  private final Forecast forecast = new Forecast();
  private long minute = Long.MIN_VALUE;
  private double minuteCount;
  private double perSecond;
  private double heard;

  /** How long the load of the moment is averaged over where a replica takes so long to start. */
  public static double momentSeconds(double startSeconds) {
    return Math.clamp(startSeconds / 2, SHORTEST_MOMENT_SECONDS, LONGEST_MOMENT_SECONDS);
  }

  /**
   * So many came since the last time.
   *
   * @param passedSeconds since then
   * @param epochSeconds now
   * @param startSeconds that a replica takes to start
   */
  public void count(double came, double passedSeconds, long epochSeconds, double startSeconds) {
    if (passedSeconds > 0) {
      double share = -Math.expm1(-passedSeconds / momentSeconds(startSeconds));
      // The first seconds are the mean of themselves, not of the nothing before them.
      heard += share * (1 - heard);
      perSecond += share / heard * (came / passedSeconds - perSecond);
    }
    long current = Math.floorDiv(epochSeconds, 60);
    if (minute != Long.MIN_VALUE && current > minute) {
      forecast.observe(minute, minuteCount);
      minuteCount = 0;
    }
    minute = Math.max(minute, current);
    minuteCount += came;
  }

  /** The load of the moment. */
  public double perSecond() {
    return perSecond;
  }

  /** The load, a second, in the time that a replica takes to start. */
  public Forecast.Ahead ahead(double startSeconds) {
    int minutes = (int) Math.ceil(startSeconds / SECONDS_PER_MINUTE);
    var minutely = forecast.highestWithin(Math.max(1, minutes));
    double over = 2 * momentSeconds(startSeconds) * heard;
    double stray = over > 0 ? Math.sqrt(perSecond / over) : 0;
    return new Forecast.Ahead(
        Math.max(minutely.mean() / SECONDS_PER_MINUTE, perSecond),
        Math.max(
            minutely.high() / SECONDS_PER_MINUTE,
            perSecond < NO_LOAD ? 0 : perSecond + P95 * stray));
  }
}
