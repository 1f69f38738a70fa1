package io.penstock.gateway.admin;

import io.penstock.config.Tier;

/** What is counted about a gateway, for rates and percentiles between two moments. */
final class Sampler {
  private Sampler() {}

  static Sample take(Controls controls, Readings readings, long nanos) {
    var sample = new Sample(nanos);
    for (PoolView pool : controls.pools()) {
      var name = pool.pool().name();
      traffic(sample, "pool/" + name, pool.traffic());
      sample.histogram("ttft/" + name, readings.buckets("penstock_ttft", "pool", name));
      sample.histogram("tpot/" + name, readings.buckets("penstock_tpot", "pool", name));
      sample.histogram("queue/" + name, readings.buckets("penstock_queue", "pool", name));
      sample.count("retries/" + name, readings.sum("penstock_retries", "pool", name));
      sample.count("fallbacks/" + name, readings.sum("penstock_fallbacks", "from", name));
      sample.count("broken/" + name, readings.sum("penstock_streams_broken", "pool", name));
    }
    for (TierView tier : controls.tiers()) {
      traffic(sample, "tier/" + tier.tier().name(), tier.traffic());
      decisions(sample, tier.tier(), readings);
    }
    for (String outcome : Frame.OUTCOMES) {
      sample.count("all/" + outcome, readings.sum("penstock_requests", "outcome", outcome));
    }
    for (String result : readings.labels("penstock_cache_lookups", "result")) {
      sample.count("cache/" + result, readings.sum("penstock_cache_lookups", "result", result));
    }
    sample.count("usd", readings.sum("penstock_cost_usd"));
    for (String direction : Frame.DIRECTIONS) {
      sample.count("tokens/" + direction, readings.sum("penstock_tokens", "direction", direction));
    }
    sample.histogram("overhead", readings.buckets("penstock_overhead"));
    return sample;
  }

  private static void decisions(Sample sample, Tier tier, Readings readings) {
    var name = "penstock_ratelimit_decisions";
    for (String limit : readings.labels(name, "limit")) {
      sample.count(
          "limit/" + tier.name() + '/' + limit,
          readings.sum(name, "tier", tier.name(), "limit", limit));
    }
  }

  private static void traffic(Sample sample, String of, TrafficView traffic) {
    sample.count(of + "/answered", (double) traffic.answered());
    sample.count(of + "/refused", (double) traffic.refused());
    sample.count(of + "/failed", (double) traffic.failed());
    sample.count(of + "/cancelled", (double) traffic.cancelled());
    sample.count(of + "/prompt", (double) traffic.promptTokens());
    sample.count(of + "/completion", (double) traffic.completionTokens());
    sample.count(of + "/usd", traffic.costUsd());
  }
}
