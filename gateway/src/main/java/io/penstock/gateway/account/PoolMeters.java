package io.penstock.gateway.account;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Ending;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** What is counted for one pool. */
final class PoolMeters {
  private final MeterRegistry meters;
  private final String pool;
  private final Timer firstToken;
  private final Timer perToken;
  private final Counter streamsBroken;
  private final Reasons cancelled;
  private final Map<String, Reasons> fallbacks = new ConcurrentHashMap<>();

  /** Attempts that went to another backend. */
  final Reasons retries;

  /** Second attempts at first tokens. */
  final Reasons hedges;

  /** Attempts that the budget of retries did not allow. */
  final Counter retriesDenied;

  PoolMeters(MeterRegistry meters, String pool) {
    this.meters = meters;
    this.pool = pool;
    firstToken = Histograms.timeToFirstToken(meters, pool);
    perToken = Histograms.timePerOutputToken(meters, pool);
    streamsBroken =
        Counter.builder("penstock.streams.broken")
            .description("Streams that failed after their first content frame")
            .tag("pool", pool)
            .register(meters);
    retriesDenied =
        Counter.builder("penstock.retries.denied")
            .description("Attempts at another backend that the budget of retries did not allow")
            .tag("pool", pool)
            .register(meters);
    cancelled = new Reasons(meters, "penstock.cancelled", "state", Tags.of("pool", pool));
    hedges = new Reasons(meters, "penstock.hedges", "outcome", Tags.of("pool", pool));
    retries = new Reasons(meters, "penstock.retries", "reason", Tags.of("pool", pool));
  }

  void fellBack(String to, String reason) {
    fallbacks
        .computeIfAbsent(
            to,
            _ ->
                new Reasons(
                    meters, "penstock.fallbacks", "reason", Tags.of("from", pool, "to", to)))
        .increment(reason);
  }

  void ended(Ending ending) {
    if (ending.outcome() == Ending.Outcome.CANCELLED) {
      cancelled.increment(ending.reason());
    }
    if (ending.streamBroken()) {
      streamsBroken.increment();
    }
    Call call = ending.call();
    if (call != null && call.body().stream()) {
      streamed(ending, Math.max(1, call.body().choices() * call.body().prompts()));
    }
  }

  /** A time to the first token is only seen on a stream, and a pace only on a whole one. */
  private void streamed(Ending ending, int sequences) {
    if (ending.firstByteNanos() == 0 || ending.upstreamFirstByteNanos() == 0) {
      return;
    }
    firstToken.record(ending.firstByteNanos(), TimeUnit.NANOSECONDS);
    int gaps = ending.usage().completionTokens() / sequences - 1;
    if (gaps > 0 && ending.outcome() == Ending.Outcome.ANSWERED) {
      long nanos = ending.endNanos() - ending.firstByteNanos();
      perToken.record(nanos / gaps, TimeUnit.NANOSECONDS);
    }
  }
}
