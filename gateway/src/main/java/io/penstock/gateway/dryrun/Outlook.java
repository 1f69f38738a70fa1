package io.penstock.gateway.dryrun;

import io.penstock.config.Pool;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.cost.Replicas;
import io.penstock.planner.capacity.Prediction;

/**
 * How long a call would take, in seconds; NaN where that cannot be told. Where the pool's hardware
 * is known the capacity model says it, for one more call at a backend as busy as it is now.
 * Elsewhere there is only what was observed: means, which stand for medians and tell nothing of the
 * 95th percentile.
 *
 * @param basis {@code capacity-model}, {@code observed} or {@code unknown}
 */
record Outlook(double ttftP50, double ttftP95, double totalP50, double totalP95, String basis) {

  static Outlook of(Pool pool, Call call, Demand demand, Standing standing, Replicas replicas) {
    double completion = (double) demand.completionExpected() / answers(call);
    return replicas
        .of(pool)
        .map(replica -> replica.expect(demand.promptTokens(), completion, standing.inFlight()))
        .map(Outlook::predicted)
        .orElseGet(() -> observed(standing, completion));
  }

  private static long answers(Call call) {
    return (long) Math.max(1, call.body().choices()) * Math.max(1, call.body().prompts());
  }

  private static Outlook predicted(Prediction prediction) {
    return new Outlook(
        prediction.ttft().p50(),
        prediction.ttft().p95(),
        prediction.total().p50(),
        prediction.total().p95(),
        "capacity-model");
  }

  private static Outlook observed(Standing standing, double completion) {
    double total = standing.ttftSeconds() + Math.max(0, completion - 1) * standing.tpotSeconds();
    return new Outlook(
        standing.ttftSeconds(),
        Double.NaN,
        total,
        Double.NaN,
        Double.isNaN(standing.ttftSeconds()) ? "unknown" : "observed");
  }
}
