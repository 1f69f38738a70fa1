package io.penstock.gateway.dryrun;

import io.penstock.config.Pool;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.cost.Replicas;
import io.penstock.planner.capacity.ContinuousBatching;

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
    double prompt = demand.promptTokens() * standing.promptFactor();
    return replicas
        .of(pool)
        .map(replica -> predicted(replica, prompt, completion, standing))
        .orElseGet(() -> observed(standing, completion));
  }

  private static long answers(Call call) {
    return (long) Math.max(1, call.body().choices()) * Math.max(1, call.body().prompts());
  }

  /**
   * The model says what a first token takes when no other prompt is before it; what others are, and
   * what servers had cached, is in how first tokens were spread around that.
   */
  private static Outlook predicted(
      ContinuousBatching replica, double prompt, double completion, Standing standing) {
    var prediction = replica.expect(prompt, completion, standing.inFlight());
    var around = standing.firstToken();
    double plain = replica.nextFirstToken(prompt, standing.inFlight());
    double p50 = around.isKnown() ? plain * around.p50() : prediction.ttft().p50();
    double p95 = around.isKnown() ? plain * around.p95() : prediction.ttft().p95();
    double sooner = prediction.ttft().p50() - p50;
    return new Outlook(
        p50,
        p95,
        Math.max(p50, prediction.total().p50() - sooner),
        Math.max(p95, prediction.total().p95() - sooner),
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
