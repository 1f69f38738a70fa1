package io.penstock.config;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How a value is written in the file.
 *
 * @param what the kind of value, with its article
 * @param instead what to write, after "write"
 * @param read the value of a text; empty where the text is not of this kind
 */
public record Notation<T>(String what, String instead, Function<String, Optional<T>> read) {
  /** A word and the time it stands for. */
  private record Span(String word, Duration time) {}

  private static final List<Span> UNITS =
      List.of(
          new Span("ms", Duration.ofMillis(1)),
          new Span("s", Duration.ofSeconds(1)),
          new Span("m", Duration.ofMinutes(1)),
          new Span("h", Duration.ofHours(1)),
          new Span("d", Duration.ofDays(1)));
  private static final List<Span> WINDOWS =
      List.of(
          new Span("second", Duration.ofSeconds(1)),
          new Span("minute", Duration.ofMinutes(1)),
          new Span("hour", Duration.ofHours(1)),
          new Span("day", Duration.ofDays(1)),
          new Span("month", Duration.ofDays(30)));
  private static final List<String> BINARY = List.of("B", "KiB", "MiB", "GiB");

  private static final int DAY_LENGTH = 10;

  private static final Pattern DURATION_TEXT = Pattern.compile("([0-9]{1,9})(ms|s|m|h|d)");
  private static final Pattern RATE_TEXT =
      Pattern.compile("([0-9]{1,15})/(second|minute|hour|day|month)");
  private static final Pattern MONEY_TEXT =
      Pattern.compile("([0-9]{1,15}(?:\\.[0-9]{1,9})?)/(second|minute|hour|day|month)");
  private static final Pattern SIZE_TEXT = Pattern.compile("([0-9]{1,9})(B|KiB|MiB|GiB)");
  private static final Pattern PERCENT_TEXT = Pattern.compile("([0-9]{1,3}(?:\\.[0-9]{1,6})?)%");
  private static final Pattern SHA256_TEXT = Pattern.compile("[0-9a-fA-F]{64}");

  public static final Notation<Duration> DURATION =
      new Notation<>(
          "a duration",
          "a whole number and its unit, as 500ms, 30s, 10m, 1h or 30d",
          text -> match(DURATION_TEXT, text).map(Notation::duration));
  public static final Notation<Rate> RATE =
      new Notation<>(
          "a rate",
          "a whole number over 0, a slash and second, minute, hour, day or month, as 20/hour",
          text -> match(RATE_TEXT, text).flatMap(Notation::rate));
  public static final Notation<Rate> BUDGET =
      new Notation<>(
          "a budget",
          "an amount in USD over 0, a slash and second, minute, hour, day or month, as 5000/month",
          text -> match(MONEY_TEXT, text).flatMap(Notation::rate));
  public static final Notation<Long> SIZE =
      new Notation<>(
          "a size",
          "a whole number and B, KiB, MiB or GiB, as 10MiB",
          text -> match(SIZE_TEXT, text).map(Notation::bytes));
  public static final Notation<Double> SHARE =
      new Notation<>(
          "a share",
          "a percentage over 0 and up to 100, as 25%",
          text -> match(PERCENT_TEXT, text).map(Notation::share).filter(x -> x > 0 && x <= 1));
  public static final Notation<String> SHA256 =
      new Notation<>(
          "a SHA-256",
          "the 64 hex digits that `printf %s \"$KEY\" | sha256sum` prints, never the key itself",
          text -> match(SHA256_TEXT, text).map(found -> found.group().toLowerCase(Locale.ROOT)));

  /** A day stands for its start in UTC. */
  public static final Notation<Instant> INSTANT =
      new Notation<>(
          "a time",
          "a day or a time in UTC, as 2027-01-31 or 2027-01-31T12:00:00Z",
          Notation::instant);

  /** The line that says what to write in place of a text that is not of this kind. */
  String refusal(String shown) {
    return shown + " is not " + what + ": write " + instead;
  }

  /** A text as messages show it: in quotes, on one line, not endless. */
  public static String quote(String text) {
    String line =
        text.codePoints()
            .limit(60)
            .mapToObj(c -> Character.isISOControl(c) ? " " : Character.toString(c))
            .collect(Collectors.joining());
    return "\"" + line + (line.length() < text.length() ? "…" : "") + "\"";
  }

  /** A duration as it would be written. */
  static String plain(Duration duration) {
    return UNITS.reversed().stream()
        .filter(unit -> duration.isPositive() && duration.equals(whole(duration, unit.time())))
        .map(unit -> duration.dividedBy(unit.time()) + unit.word())
        .findFirst()
        .orElse(duration.isZero() ? "0s" : duration.toString());
  }

  private static Duration whole(Duration duration, Duration unit) {
    return unit.multipliedBy(duration.dividedBy(unit));
  }

  /** A rate as it would be written. */
  static String plain(Rate rate) {
    return plain(rate.amount())
        + "/"
        + WINDOWS.stream()
            .filter(window -> window.time().equals(rate.window()))
            .map(Span::word)
            .findFirst()
            .orElseGet(() -> plain(rate.window()));
  }

  /** A number without an exponent and without a fraction of zeros. */
  static String plain(double number) {
    return Double.isFinite(number)
        ? BigDecimal.valueOf(number)
            .setScale(6, RoundingMode.HALF_UP)
            .stripTrailingZeros()
            .toPlainString()
        : Double.toString(number);
  }

  private static Optional<Matcher> match(Pattern pattern, String text) {
    var matcher = pattern.matcher(text);
    return matcher.matches() ? Optional.of(matcher) : Optional.empty();
  }

  private static Optional<Instant> instant(String text) {
    try {
      return Optional.of(
          text.length() == DAY_LENGTH
              ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
              : Instant.parse(text));
    } catch (DateTimeParseException _) {
      return Optional.empty();
    }
  }

  private static Duration duration(Matcher found) {
    return time(UNITS, found.group(2)).multipliedBy(Long.parseLong(found.group(1)));
  }

  private static Optional<Rate> rate(Matcher found) {
    return Optional.of(Double.parseDouble(found.group(1)))
        .filter(amount -> amount > 0)
        .map(amount -> new Rate(amount, time(WINDOWS, found.group(2))));
  }

  private static Duration time(List<Span> spans, String word) {
    return spans.stream().filter(span -> span.word().equals(word)).findFirst().orElseThrow().time();
  }

  private static long bytes(Matcher found) {
    return Long.parseLong(found.group(1)) << (10 * BINARY.indexOf(found.group(2)));
  }

  private static double share(Matcher found) {
    return new BigDecimal(found.group(1)).movePointLeft(2).doubleValue();
  }
}
