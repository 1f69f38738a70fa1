package io.penstock.gateway.admit;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.penstock.gateway.call.Refusal;

/** {@code penstock_ratelimit_decisions_total} of one tier: one decision per call. */
final class Decisions {
  final Counter admitted;
  private final Counter requests;
  private final Counter tokens;
  private final Counter concurrency;
  private final Counter budget;

  /** Asks that are larger than the tier could ever grant. */
  private final Counter tooLarge;

  Decisions(MeterRegistry meters, String tier) {
    admitted = counter(meters, tier, "none", "admitted");
    requests = counter(meters, tier, "requests", "refused");
    tokens = counter(meters, tier, "tokens", "refused");
    concurrency = counter(meters, tier, "concurrency", "refused");
    budget = counter(meters, tier, "budget", "refused");
    tooLarge = counter(meters, tier, "tokens", "too_large");
  }

  private static Counter counter(MeterRegistry meters, String tier, String limit, String decision) {
    return Counter.builder("penstock.ratelimit.decisions")
        .description("Decisions on limits: which limit decided, and how")
        .tags("tier", tier, "limit", limit, "decision", decision)
        .register(meters);
  }

  /** The counter of a refusal. */
  Counter refused(Refusal refusal) {
    return switch (refusal) {
      case Refusal.RateLimited(var limit, var _, var _, var _) -> of(limit);
      case Refusal.BudgetSpent _ -> budget;
      default -> tooLarge;
    };
  }

  private Counter of(String limit) {
    return switch (limit) {
      case "tokens" -> tokens;
      case "concurrency" -> concurrency;
      case "budget" -> budget;
      default -> requests;
    };
  }
}
