package io.penstock.planner.report;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** Requests by the minute, over days. */
final class Minutes {
  private static final int PER_HOUR = 60;
  private static final int HOURS = 24;
  private static final double SECONDS = 60;

  /** By the hour since 1970. */
  private final TreeMap<Long, int[]> hours = new TreeMap<>();

  void add(double epochSeconds) {
    long minute = (long) Math.floor(epochSeconds / SECONDS);
    hours
        .computeIfAbsent(Math.floorDiv(minute, PER_HOUR), _ -> new int[PER_HOUR])[
        Math.floorMod(minute, PER_HOUR)]++;
  }

  boolean isEmpty() {
    return hours.isEmpty();
  }

  /**
   * Requests a second in the busy minutes of each hour of the day: what 95 of 100 of its minutes do
   * not pass; 0 for an hour in which nothing came.
   */
  double[] busyByHour() {
    double[] busy = new double[HOURS];
    for (int hour = 0; hour < HOURS; hour++) {
      busy[hour] = busy(hour);
    }
    return busy;
  }

  private double busy(int hourOfDay) {
    int[] counts =
        hours.entrySet().stream()
            .filter(hour -> Math.floorMod(hour.getKey(), HOURS) == hourOfDay)
            .flatMapToInt(hour -> Arrays.stream(hour.getValue()))
            .sorted()
            .toArray();
    return counts.length == 0 ? 0 : counts[(int) Math.ceil(0.95 * counts.length) - 1] / SECONDS;
  }

  /** Requests a second in the busiest minute. */
  double peak() {
    return hours.values().stream().flatMapToInt(Arrays::stream).max().orElse(0) / SECONDS;
  }

  /** Requests by the hour since 1970, in order. */
  Map<Long, Long> byHour() {
    var sums = new TreeMap<Long, Long>();
    hours.forEach((hour, counts) -> sums.put(hour, (long) Arrays.stream(counts).sum()));
    return sums;
  }

  /**
   * By how many requests a day the days grow, as a share of their mean: a line through the days
   * that were recorded whole. NaN for fewer than three.
   */
  double growthPerDay() {
    double[] days = wholeDays();
    if (days.length < 3) {
      return Double.NaN;
    }
    double meanDay = (days.length - 1) / 2.0;
    double mean = Arrays.stream(days).average().orElse(0);
    double together = 0;
    double square = 0;
    for (int i = 0; i < days.length; i++) {
      together += (i - meanDay) * (days[i] - mean);
      square += (i - meanDay) * (i - meanDay);
    }
    return mean > 0 ? together / square / mean : 0;
  }

  /** The sums of the days between the first and the last, which were cut. */
  private double[] wholeDays() {
    if (hours.isEmpty()) {
      return new double[0];
    }
    long first = Math.floorDiv(hours.firstKey(), HOURS) + 1;
    long last = Math.floorDiv(hours.lastKey(), HOURS) - 1;
    double[] days = new double[(int) Math.max(0, last - first + 1)];
    byHour()
        .forEach((hour, count) -> {
          long day = Math.floorDiv(hour, HOURS) - first;
          if (day >= 0 && day < days.length) {
            days[(int) day] += count;
          }
        });
    return days;
  }
}
