package io.penstock.planner.size;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/** Figures as people read them. */
public final class Show {
  private static final double LEAST_PERCENT = 0.01;
  private static final MathContext DIGITS = new MathContext(3, RoundingMode.HALF_UP);

  private Show() {}

  /** {@code 1.9 s}, {@code 85 ms}, {@code never}. */
  public static String seconds(double seconds) {
    if (!Double.isFinite(seconds)) {
      return "never";
    }
    if (seconds < 1) {
      return number(seconds * 1e3) + " ms";
    }
    return seconds < 600 ? number(seconds) + " s" : number(seconds / 60) + " min";
  }

  /** {@code $1,234}, {@code $0.000397}. */
  public static String usd(double amount) {
    if (!Double.isFinite(amount)) {
      return "no sum";
    }
    if (Math.abs(amount) >= 100) {
      return String.format(Locale.ROOT, "$%,.0f", amount);
    }
    return "$"
        + (Math.abs(amount) >= 1 ? String.format(Locale.ROOT, "%.2f", amount) : number(amount));
  }

  /** {@code $250}, {@code $1.5k}, {@code $40M}: for the axis of a drawing. */
  public static String roundUsd(double amount) {
    double size = Math.abs(amount);
    if (size >= 1e6) {
      return "$" + number(amount / 1e6) + "M";
    }
    return "$" + (size >= 1000 ? number(amount / 1000) + "k" : number(amount));
  }

  /** {@code 42 %}; what is too small to tell is said to be. */
  public static String percent(double share) {
    double percent = share * 100;
    if (percent > 0 && percent < LEAST_PERCENT) {
      return "under " + LEAST_PERCENT + " %";
    }
    return (Math.abs(percent) >= 10 || percent == 0
            ? String.format(Locale.ROOT, "%.0f", percent)
            : number(percent))
        + " %";
  }

  /** {@code 13.5 GB}. */
  public static String gigabytes(double bytes) {
    return String.format(Locale.ROOT, bytes < 1e9 ? "%.2f GB" : "%.1f GB", bytes / 1e9);
  }

  /** Three digits, grouped where there are more before the point, without an exponent. */
  public static String number(double value) {
    if (!Double.isFinite(value)) {
      return Double.isNaN(value) ? "none" : "unbounded";
    }
    if (Math.abs(value) >= 1000) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    if (value == 0) {
      return "0";
    }
    var rounded = new BigDecimal(value).round(DIGITS).stripTrailingZeros();
    return rounded.scale() < 0 ? rounded.toBigInteger().toString() : rounded.toPlainString();
  }
}
