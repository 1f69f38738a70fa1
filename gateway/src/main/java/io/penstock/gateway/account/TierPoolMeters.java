package io.penstock.gateway.account;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.penstock.config.Complexity;
import io.penstock.gateway.call.Ending.Outcome;
import io.penstock.gateway.call.Usage;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** What is counted for one tier at one pool. */
final class TierPoolMeters {
  private final String tier;
  private final String pool;

  private final Map<Outcome, ByComplexity> requests = new EnumMap<>(Outcome.class);
  private final Timer duration;
  private final Timer queue;
  private final LongAdder promptTokens = new LongAdder();
  private final LongAdder completionTokens = new LongAdder();
  private final LongAdder cachedTokens = new LongAdder();

  /** Money adds up in whole numbers; the metric divides. */
  private final LongAdder microUsd = new LongAdder();

  TierPoolMeters(MeterRegistry meters, String tier, String pool) {
    this.tier = tier;
    this.pool = pool;
    for (Outcome outcome : Outcome.values()) {
      requests.put(outcome, new ByComplexity(meters, tier, pool, outcome));
    }
    duration = Histograms.request(meters, tier, pool);
    queue = Histograms.queue(meters, tier, pool);
    tokens(meters, "prompt", promptTokens);
    tokens(meters, "completion", completionTokens);
    tokens(meters, "cached", cachedTokens);
    FunctionCounter.builder("penstock.cost.usd", microUsd, spent -> spent.sum() / 1e6)
        .description("What the calls cost, in USD")
        .tags("tier", tier, "pool", pool)
        .register(meters);
  }

  private void tokens(MeterRegistry meters, String direction, LongAdder tokens) {
    FunctionCounter.builder("penstock.tokens", tokens, LongAdder::sum)
        .description("Tokens used, reported by the model server or estimated")
        .tags("tier", tier, "pool", pool, "direction", direction)
        .register(meters);
  }

  void ended(Outcome outcome, @Nullable Complexity complexity) {
    requests(outcome).of(complexity).increment();
  }

  void used(Usage usage, long costMicroUsd) {
    promptTokens.add(usage.promptTokens());
    completionTokens.add(usage.completionTokens());
    microUsd.add(costMicroUsd);
  }

  /** Tokens that were given again, at no cost: nobody's prompt was read and no model ran. */
  void replayed(Usage usage) {
    cachedTokens.add(usage.promptTokens() + (long) usage.completionTokens());
  }

  void lasted(long nanos) {
    duration.record(nanos, TimeUnit.NANOSECONDS);
  }

  void queued(long nanos) {
    queue.record(nanos, TimeUnit.NANOSECONDS);
  }

  Totals totals() {
    return new Totals(
        tier,
        pool,
        count(Outcome.ANSWERED),
        count(Outcome.REFUSED),
        count(Outcome.FAILED),
        count(Outcome.CANCELLED),
        promptTokens.sum(),
        completionTokens.sum(),
        microUsd.sum());
  }

  private ByComplexity requests(Outcome outcome) {
    return Objects.requireNonNull(requests.get(outcome));
  }

  private long count(Outcome outcome) {
    return requests(outcome).count();
  }

  /** {@code penstock_requests_total} of one outcome. */
  private static final class ByComplexity {
    private final Map<Complexity, Counter> counters = new EnumMap<>(Complexity.class);
    private final Counter none;

    ByComplexity(MeterRegistry meters, String tier, String pool, Outcome outcome) {
      Tags tags =
          Tags.of("tier", tier, "pool", pool)
              .and("outcome", outcome.name().toLowerCase(Locale.ROOT));
      for (Complexity complexity : Complexity.values()) {
        counters.put(complexity, counter(meters, tags, complexity.label()));
      }
      none = counter(meters, tags, Account.NONE);
    }

    private static Counter counter(MeterRegistry meters, Tags tags, String complexity) {
      return Counter.builder("penstock.requests")
          .description("Calls that ended")
          .tags(tags)
          .tag("complexity", complexity)
          .register(meters);
    }

    Counter of(@Nullable Complexity complexity) {
      return complexity == null ? none : counters.getOrDefault(complexity, none);
    }

    long count() {
      double sum = none.count();
      for (Counter counter : counters.values()) {
        sum += counter.count();
      }
      return (long) sum;
    }
  }
}
