package io.penstock.gateway.upstream;

import io.penstock.config.Pool;
import io.penstock.gateway.call.Turn;
import io.vertx.core.MultiMap;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the head of an answer says of when to ask again. A 503 with {@code Retry-After} is the
 * server's word; a 429 is about who asked, so that the credential rests, until {@code Retry-After}
 * or for {@link #UNSAID}. A provider tells besides how much is left: what says that nothing is left
 * rests until its reset, though the answer itself is good.
 *
 * <p>Nobody rests for longer than {@link #LONGEST}, whatever the header says.
 */
final class Restraint {
  static final Duration LONGEST = Duration.ofMinutes(5);
  static final Duration UNSAID = Duration.ofSeconds(1);

  private static final int TOO_MANY = 429;
  private static final int UNAVAILABLE = 503;
  private static final int OVERLOADED = 529;
  private static final Pattern SECONDS = Pattern.compile("\\d{1,9}(\\.\\d{1,9})?");
  private static final Pattern SPAN =
      Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)(ms|h|m|s|us|µs|ns)");
  private static final List<String> OPENAI = List.of("requests", "tokens");
  private static final List<String> ANTHROPIC =
      List.of("requests", "tokens", "input-tokens", "output-tokens");

  private Restraint() {}

  /** Tells the turn. */
  static void heed(Turn turn, int status, MultiMap headers, Instant now) {
    Optional<Duration> after = retryAfter(headers, now);
    if (status == TOO_MANY) {
      if (after.isPresent() || turn.credential().isPresent()) {
        turn.restCredential(after.orElse(UNSAID));
      }
    } else if (status == UNAVAILABLE || status == OVERLOADED) {
      after.ifPresent(turn::restBackend);
    }
    spent(turn.pool().provider(), headers, now).ifPresent(turn::restCredential);
  }

  /** Until when a provider has nothing left for who asked. */
  static Optional<Duration> spent(Pool.Provider provider, MultiMap headers, Instant now) {
    Duration longest = Duration.ZERO;
    if (provider == Pool.Provider.OPENAI) {
      for (String what : OPENAI) {
        longest =
            spent(
                longest,
                headers.get("x-ratelimit-remaining-" + what),
                headers.get("x-ratelimit-reset-" + what),
                now);
      }
    }
    if (provider == Pool.Provider.ANTHROPIC) {
      for (String what : ANTHROPIC) {
        String name = "anthropic-ratelimit-" + what;
        longest =
            spent(longest, headers.get(name + "-remaining"), headers.get(name + "-reset"), now);
      }
    }
    return longest.isZero() ? Optional.empty() : Optional.of(longest);
  }

  private static Duration spent(
      Duration before, @Nullable String remaining, @Nullable String reset, Instant now) {
    if (remaining == null || reset == null || !remaining.strip().equals("0")) {
      return before;
    }
    Duration until = time(reset.strip(), now).orElse(UNSAID);
    return until.compareTo(before) > 0 ? until : before;
  }

  /** A header's {@code Retry-After}, or {@code retry-after-ms} where there is one. */
  static Optional<Duration> retryAfter(MultiMap headers, Instant now) {
    String millis = headers.get("retry-after-ms");
    if (millis != null && SECONDS.matcher(millis.strip()).matches()) {
      return bounded(Duration.ofNanos((long) (Double.parseDouble(millis.strip()) * 1e6)));
    }
    String after = headers.get("retry-after");
    return after == null ? Optional.empty() : time(after.strip(), now);
  }

  /** Seconds, a span as Go writes it, an HTTP date, or an instant; from now. */
  static Optional<Duration> time(String text, Instant now) {
    if (SECONDS.matcher(text).matches()) {
      return bounded(Duration.ofNanos((long) (Double.parseDouble(text) * 1e9)));
    }
    Optional<Duration> span = span(text);
    return span.isPresent() ? span : date(text).flatMap(at -> bounded(Duration.between(now, at)));
  }

  private static Optional<Duration> span(String text) {
    Matcher part = SPAN.matcher(text);
    double nanos = 0;
    int end = 0;
    while (part.find() && part.start() == end) {
      nanos += Double.parseDouble(part.group(1)) * nanosOf(part.group(2));
      end = part.end();
    }
    return end > 0 && end == text.length()
        ? bounded(Duration.ofNanos((long) nanos))
        : Optional.empty();
  }

  private static double nanosOf(String unit) {
    return switch (unit) {
      case "h" -> 3600e9;
      case "m" -> 60e9;
      case "s" -> 1e9;
      case "ms" -> 1e6;
      case "ns" -> 1;
      default -> 1e3;
    };
  }

  private static Optional<Instant> date(String text) {
    try {
      return Optional.of(
          Character.isDigit(text.isEmpty() ? ' ' : text.charAt(0))
              ? DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(text, Instant::from)
              : ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeException _) {
      return Optional.empty();
    }
  }

  /** Nothing where it is over already. */
  private static Optional<Duration> bounded(Duration time) {
    return time.isPositive()
        ? Optional.of(time.compareTo(LONGEST) > 0 ? LONGEST : time)
        : Optional.empty();
  }
}
