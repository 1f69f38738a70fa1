package io.penstock.gateway.dryrun;

import io.penstock.config.Pool;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.cost.Replicas;
import io.penstock.planner.calibrate.FirstToken;
import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Latency;

/**
 * How long a call would take, in seconds; NaN where that cannot be told. Where the pool's hardware
 * is known the capacity model says it, for one more call at a backend as busy as it is now.
 * Elsewhere there is only what was observed: how long the pool's first tokens take of late, and the
 * mean time per token.
 *
 * @param basis {@code capacity-model}, {@code observed} or {@code unknown}
 */
record Outlook(FirstToken ttft, double totalP50, double totalP95, String basis) {

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
    double plain = replica.nextFirstToken(prompt, standing.inFlight());
    var around = standing.firstTokens().map(seen -> seen.around(plain)).orElse(FirstToken.UNKNOWN);
    var ttft = around.isKnown() ? around : modelled(prediction.ttft());
    double sooner = prediction.ttft().p50() - ttft.p50();
    return new Outlook(
        ttft,
        Math.max(ttft.p50(), prediction.total().p50() - sooner),
        Math.max(ttft.p95(), prediction.total().p95() - sooner),
        "capacity-model");
  }

  private static FirstToken modelled(Latency ttft) {
    return new FirstToken(ttft.p50(), Double.NaN, ttft.p95(), ttft.p99());
  }

  private static Outlook observed(Standing standing, double completion) {
    var seen =
        standing.firstToken().isKnown() ? standing.firstToken() : mean(standing.ttftSeconds());
    double total = seen.p50() + Math.max(0, completion - 1) * standing.tpotSeconds();
    return new Outlook(seen, total, Double.NaN, Double.isNaN(seen.p50()) ? "unknown" : "observed");
  }

  private static FirstToken mean(double seconds) {
    return new FirstToken(seconds, Double.NaN, Double.NaN, Double.NaN);
  }
}
