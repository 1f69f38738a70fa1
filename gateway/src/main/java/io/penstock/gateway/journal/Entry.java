package io.penstock.gateway.journal;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.penstock.config.Capacity;
import io.penstock.config.Pool;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Ending;
import io.penstock.gateway.call.Route;
import io.penstock.gateway.call.Usage;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One record on its way to the disk. It holds names and numbers alone: were it to hold the call,
 * the call's body would wait in memory with it.
 */
record Entry(
    long startMillis,
    @Nullable String id,
    @Nullable String operation,
    boolean stream,
    @Nullable Caller caller,
    @Nullable Demand demand,
    @Nullable Pool pool,
    @Nullable String backend,
    Ending.Outcome outcome,
    String reason,
    int status,
    int attempts,
    int inFlight,
    Usage usage,
    long dispatchNanos,
    long firstNanos,
    long endNanos,
    long microUsd) {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);
  private static final double NANOS_PER_MILLI = 1e6;
  private static final double MICROS_PER_USD = 1e6;

  static Entry of(Ending ending, long microUsd, long nowMillis) {
    Call call = ending.call();
    Route route = ending.route();
    return new Entry(
        nowMillis - ending.endNanos() / (long) NANOS_PER_MILLI,
        call == null ? null : call.id(),
        call == null ? null : call.operation().path(),
        call != null && call.body().stream(),
        ending.caller(),
        ending.demand(),
        route == null ? null : route.pool(),
        ending.backend(),
        ending.outcome(),
        ending.reason(),
        ending.status(),
        ending.attempts(),
        ending.inFlightAtDispatch(),
        ending.usage(),
        ending.dispatchNanos(),
        ending.upstreamFirstByteNanos(),
        ending.endNanos(),
        microUsd);
  }

  /** The line, its end included. */
  void write(StringBuilder line) {
    line.append("{\"v\":1,\"time\":\"");
    TIME.formatTo(Instant.ofEpochMilli(startMillis), line);
    line.append('"');
    text(line, "id", id);
    if (operation != null) {
      text(line, "operation", operation);
      line.append(",\"stream\":").append(stream);
    }
    who(line);
    asked(line);
    where(line);
    text(line, "outcome", outcome.name().toLowerCase(Locale.ROOT));
    text(line, "reason", reason);
    known(line, "status", status);
    known(line, "attempts", attempts);
    known(line, "in_flight", inFlight);
    used(line);
    times(line);
    line.append("}\n");
  }

  private void who(StringBuilder line) {
    if (caller != null) {
      text(line, "tenant", caller.tenant());
      text(line, "key", caller.keyId());
      text(line, "tier", caller.tier().name());
    }
  }

  private void asked(StringBuilder line) {
    if (demand != null) {
      text(line, "complexity", demand.complexity().level().label());
      decimal(line, "score", demand.complexity().score(), 3);
      number(line, "estimated_prompt_tokens", demand.promptTokens());
      number(line, "expected_completion_tokens", demand.completionExpected());
      if (demand.completionMax() != Demand.OPEN) {
        number(line, "max_completion_tokens", demand.completionMax());
      }
    }
  }

  private void where(StringBuilder line) {
    if (pool != null) {
      text(line, "pool", pool.name());
      text(line, "model", pool.model());
      text(line, "gpu", pool.capacity().map(Capacity::gpu).orElse(null));
    }
    text(line, "backend", backend);
  }

  private void used(StringBuilder line) {
    if (!usage.equals(Usage.NONE)) {
      number(line, "prompt_tokens", usage.promptTokens());
      number(line, "completion_tokens", usage.completionTokens());
      number(line, "cached_tokens", usage.cachedTokens());
      line.append(",\"usage_reported\":").append(usage.reported());
    }
    if (microUsd > 0) {
      decimal(line, "cost_usd", microUsd / MICROS_PER_USD, 6);
    }
  }

  private void times(StringBuilder line) {
    if (dispatchNanos > 0) {
      millis(line, "queue_ms", dispatchNanos);
    }
    if (firstNanos > 0) {
      millis(line, "ttft_ms", firstNanos);
      if (stream && usage.completionTokens() > 1 && endNanos > firstNanos) {
        millis(line, "tpot_ms", (endNanos - firstNanos) / (usage.completionTokens() - 1));
      }
    }
    millis(line, "duration_ms", endNanos);
  }

  private static void text(StringBuilder line, String name, @Nullable String value) {
    if (value != null) {
      line.append(",\"").append(name).append("\":\"");
      JsonStringEncoder.getInstance().quoteAsString(value, line);
      line.append('"');
    }
  }

  private static void known(StringBuilder line, String name, long value) {
    if (value != 0) {
      number(line, name, value);
    }
  }

  private static void number(StringBuilder line, String name, long value) {
    line.append(",\"").append(name).append("\":").append(value);
  }

  private static void millis(StringBuilder line, String name, long nanos) {
    decimal(line, name, nanos / NANOS_PER_MILLI, 3);
  }

  /** A number without an exponent, of at most so many digits behind the point. */
  private static void decimal(StringBuilder line, String name, double value, int digits) {
    long scale = 1;
    for (int i = 0; i < digits; i++) {
      scale *= 10;
    }
    long scaled = Math.round(Math.max(0, value) * scale);
    line.append(",\"").append(name).append("\":").append(scaled / scale);
    if (scaled % scale != 0) {
      line.append('.').append(Long.toString(scale + scaled % scale).substring(1));
    }
  }
}
