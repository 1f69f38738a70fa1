package io.penstock.gateway.dryrun;

import io.penstock.config.Pool;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.cost.Replicas;
import io.penstock.planner.calibrate.FirstToken;
import io.penstock.planner.capacity.Prediction;

/**
 * How long a call would take, in seconds; NaN where that cannot be told. Where the pool's hardware
 * is known the capacity model says it, for one more call at a backend as busy as it is now.
 * Elsewhere there is only what was observed: how long the pool's first tokens take of late, and the
 * mean time per token.
 *
 * @param basis {@code capacity-model}, {@code observed} or {@code unknown}
 */
record Outlook(double ttftP50, double ttftP95, double totalP50, double totalP95, String basis) {

  static Outlook of(Pool pool, Call call, Demand demand, Standing standing, Replicas replicas) {
    double completion = (double) demand.completionExpected() / answers(call);
    return replicas
        .of(pool)
        .map(replica -> replica.expect(demand.promptTokens(), completion, standing.inFlight()))
        .map(prediction -> predicted(prediction, standing.firstToken()))
        .orElseGet(() -> observed(standing, completion));
  }

  private static long answers(Call call) {
    return (long) Math.max(1, call.body().choices()) * Math.max(1, call.body().prompts());
  }

  /**
   * What the model says of the first token is the middle of what comes; how it is spread around
   * that is what calls showed.
   */
  private static Outlook predicted(Prediction prediction, FirstToken around) {
    double middle = prediction.ttft().p50();
    double p50 = around.isKnown() ? middle * around.p50() : middle;
    double p95 = around.isKnown() ? middle * around.p95() : prediction.ttft().p95();
    return new Outlook(
        p50,
        p95,
        prediction.total().p50() + p50 - middle,
        prediction.total().p95() + p50 - middle,
        "capacity-model");
  }

  private static Outlook observed(Standing standing, double completion) {
    var seen = standing.firstToken();
    double ttft = seen.isKnown() ? seen.p50() : standing.ttftSeconds();
    double total = ttft + Math.max(0, completion - 1) * standing.tpotSeconds();
    return new Outlook(
        ttft, seen.p95(), total, Double.NaN, Double.isNaN(ttft) ? "unknown" : "observed");
  }
}
