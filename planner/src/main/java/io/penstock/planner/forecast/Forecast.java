package io.penstock.planner.forecast;

/**
 * The load ahead, from what came in each minute: a level and a damped trend (Holt; Gardner and
 * McKenzie, Management Science 31, 1985), on what is left when the day's season is divided out. The
 * season is one factor for each quarter of an hour, believed the more the more days it was seen.
 *
 * <p>Minutes may be left out, and come in rising order. Not safe for several threads.
 */
public final class Forecast {
  /** Quarters of an hour in a day. */
  static final int SLOTS = 96;

  private static final int MINUTES_PER_SLOT = 15;
  private static final int MINUTES_PER_DAY = 1440;
  private static final double LEVEL = 0.3;
  private static final double TREND = 0.1;
  private static final double DAMPING = 0.9;
  private static final double SPREAD = 0.05;

  /** Days after which the season is believed as much as doubted. */
  private static final double DOUBT_DAYS = 1;

  /** Standard deviations up to which 95 of 100 minutes stay. */
  private static final double P95 = 1.645;

  private final double[] slotSum = new double[SLOTS];
  private final double[] slotDays = new double[SLOTS];
  private double allSum;
  private double allMinutes;
  private long lastMinute = Long.MIN_VALUE;
  private double level;
  private double trend;
  private double variance;
  private int seen;

  /**
   * The load ahead, in what was counted a minute.
   *
   * @param mean expected
   * @param high what 95 of 100 such minutes stay under
   */
  public record Ahead(double mean, double high) {}

  /**
   * So much came in a minute.
   *
   * @param epochMinute minutes since 1970, in UTC; one that is not after the last is left out
   * @param count 0 or more
   */
  public void observe(long epochMinute, double count) {
    if (!(count >= 0 && count < Double.POSITIVE_INFINITY) || epochMinute <= lastMinute) {
      return;
    }
    learnSeason(epochMinute, count);
    double plain = count / season(epochMinute);
    if (seen == 0) {
      level = plain;
      variance = plain;
    } else {
      correct((double) Math.min(epochMinute - lastMinute, MINUTES_PER_DAY), plain);
    }
    seen++;
    lastMinute = epochMinute;
  }

  private void correct(double minutes, double plain) {
    double expected = level + trend * damped(minutes);
    double miss = plain - expected;
    double before = level;
    level = Math.max(0, expected + LEVEL * miss);
    trend = DAMPING * trend + TREND * (level - before - DAMPING * trend) / minutes;
    variance += SPREAD * (miss * miss - variance);
  }

  /** {@code φ + φ² + … + φ^m}: how much of a trend is left of {@code m} minutes of it. */
  private static double damped(double minutes) {
    return DAMPING * (1 - Math.pow(DAMPING, minutes)) / (1 - DAMPING);
  }

  /** What will come in a minute, so many minutes after the last. */
  public Ahead ahead(double minutes) {
    if (seen == 0) {
      return new Ahead(0, 0);
    }
    double plain = Math.max(0, level + trend * damped(minutes));
    double factor = season(lastMinute + Math.round(minutes));
    // An error of the level stays, one of the trend grows with the time ahead.
    double far = 1 + minutes * LEVEL * LEVEL;
    return new Ahead(plain * factor, factor * (plain + P95 * Math.sqrt(variance * far)));
  }

  /** The highest {@link Ahead#high} in the minutes up to then: what must be ready meanwhile. */
  public Ahead highestWithin(int minutes) {
    var highest = ahead(1);
    for (int ahead = 2; ahead <= minutes; ahead++) {
      var then = ahead(ahead);
      if (then.high > highest.high) {
        highest = then;
      }
    }
    return highest;
  }

  private void learnSeason(long minute, double count) {
    int slot = slot(minute);
    slotSum[slot] += count;
    slotDays[slot] += 1.0 / MINUTES_PER_SLOT;
    allSum += count;
    allMinutes++;
  }

  /** By how much this time of day is over the mean; 1 until a whole day was seen. */
  private double season(long minute) {
    int slot = slot(minute);
    double days = slotDays[slot];
    if (allMinutes < MINUTES_PER_DAY || !(allSum > 0) || days < 1) {
      return 1;
    }
    double ratio = slotSum[slot] / (days * MINUTES_PER_SLOT) / (allSum / allMinutes);
    double belief = days / (days + DOUBT_DAYS);
    return Math.max(0.05, 1 + belief * (ratio - 1));
  }

  private static int slot(long epochMinute) {
    return Math.floorMod(epochMinute, MINUTES_PER_DAY) / MINUTES_PER_SLOT;
  }
}
