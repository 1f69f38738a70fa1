package io.penstock.config.trace;

import io.penstock.config.trace.TraceLine.Unreadable;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;

/** Points in time as traces write them. */
final class Times {
  private static final long NANOS = 1_000_000_000;

  private Times() {}

  /**
   * A number, or a date and a time of day with or without an offset (none: UTC).
   *
   * @param unitNanos what one of the number is
   */
  static long nanos(String name, String text, double unitNanos) throws Unreadable {
    try {
      double number = Double.parseDouble(text);
      if (Math.abs(number * unitNanos) < Long.MAX_VALUE / 2.0) {
        return Math.round(number * unitNanos);
      }
    } catch (NumberFormatException _) {
      return ofDate(name, text);
    }
    throw unreadable(name, text);
  }

  private static long ofDate(String name, String text) throws Unreadable {
    String iso = text.indexOf('T') < 0 ? text.replaceFirst(" ", "T") : text;
    try {
      var parsed =
          iso.matches(".*(Z|[+-]\\d\\d:?\\d\\d)")
              ? OffsetDateTime.parse(iso)
              : LocalDateTime.parse(iso).atOffset(ZoneOffset.UTC);
      return Math.addExact(
          Math.multiplyExact(parsed.toEpochSecond(), NANOS),
          parsed.getLong(ChronoField.NANO_OF_SECOND));
    } catch (DateTimeException | ArithmeticException _) {
      throw unreadable(name, text);
    }
  }

  private static Unreadable unreadable(String name, String text) {
    return new Unreadable(
        name + " is '" + text + "': write seconds as 12.5, or a date as 2026-01-31T12:00:00Z");
  }
}
