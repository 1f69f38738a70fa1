package io.penstock.gateway.cli;

import io.penstock.config.scenario.Planned;
import io.penstock.config.scenario.Planned.Judged;
import io.penstock.config.scenario.Planned.PoolPlan;
import io.penstock.planner.capacity.Latency;
import io.penstock.planner.capacity.Prediction;
import io.penstock.planner.scenario.Figure;
import io.penstock.planner.size.Explanation;
import io.penstock.planner.size.Ledger;
import io.penstock.planner.size.Outcome;
import io.penstock.planner.size.Plan;
import io.penstock.planner.size.Sized;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Plans and verdicts for programs: seconds, bytes and USD; null where a figure is not finite. */
final class PlanJson {
  private PlanJson() {}

  static JsonObject of(Planned planned) {
    return new JsonObject()
        .put("scenario", planned.scenario().name())
        .put("source", planned.scenario().source())
        .put("met", planned.met())
        .put("usd_per_month", finite(planned.usdPerMonth()))
        .put("usd_per_request", finite(planned.blendedPerRequest()))
        .put("pools", array(planned.pools(), PlanJson::pool))
        .put("claims", array(planned.claims(), PlanJson::claim))
        .put(
            "given",
            array(
                planned.scenario().given(),
                each -> new JsonObject().put("what", each.what()).put("text", each.text())));
  }

  private static JsonObject pool(PoolPlan pool) {
    var json =
        new JsonObject()
            .put("pool", pool.wish().name())
            .put("candidate", pool.wish().candidate())
            .put("share", pool.wish().share())
            .put("met", pool.met());
    pool.bought()
        .ifPresent(bought ->
            json.put(
                "bought",
                new JsonObject()
                    .put("usd_per_request", finite(bought.usdPerRequest()))
                    .put("usd_per_month", finite(bought.usdPerMonth()))
                    .put("requests_per_month", finite(bought.requestsPerMonth()))));
    pool.plan().ifPresent(plan -> json.mergeIn(plan(plan)));
    return json;
  }

  private static JsonObject plan(Plan plan) {
    return new JsonObject()
        .put("answer", plan.answer())
        .put("without_slo", plan.withoutSlo())
        .put("plan", plan.chosen().map(PlanJson::full).orElse(null))
        .put("relax", new JsonArray(plan.relax()))
        .put(
            "alternatives",
            array(plan.alternatives(), lost -> outcome(lost.outcome()).put("why", lost.why())))
        .put("pareto", array(plan.front(), PlanJson::brief))
        .put(
            "growth",
            array(
                plan.growth(),
                growth ->
                    new JsonObject()
                        .put("factor", growth.factor())
                        .put("same", brief(growth.same()))
                        .put("cheapest", brief(growth.cheapest()))))
        .put(
            "phases",
            array(
                plan.phases(),
                phase ->
                    brief(phase.sized())
                        .put("phase", phase.name())
                        .put("traffic_share", phase.trafficShare())
                        .put("uncertainty", phase.uncertainty())));
  }

  private static JsonObject outcome(Outcome outcome) {
    return switch (outcome) {
      case Sized sized -> brief(sized);
      case Outcome.Refused(var label, var constraint, _, var relax) ->
          new JsonObject()
              .put("hardware", label)
              .put("constraint", constraint.word())
              .put("relax", new JsonArray(relax));
    };
  }

  private static JsonObject brief(Sized sized) {
    return new JsonObject()
        .put("hardware", sized.label())
        .put("gpu", sized.deployment().gpu().name())
        .put("gpus_per_replica", sized.deployment().tensorParallel())
        .put("replicas", sized.replicas().total())
        .put("constraint", sized.constraint().word())
        .put("usd_per_month", finite(sized.cost().usdPerMonth()))
        .put("total_p95", finite(sized.atPeak().total().p95()));
  }

  private static JsonObject full(Sized sized) {
    var replicas = sized.replicas();
    var cost = sized.cost();
    var money =
        new JsonObject()
            .put("usd_per_replica_hour", finite(cost.usdPerReplicaHour()))
            .put("usd_per_month", finite(cost.usdPerMonth()))
            .put("requests_per_month", finite(cost.requestsPerMonth()))
            .put("usd_per_request_provisioned", finite(cost.provisionedPerRequest()))
            .put("usd_per_request_fully_loaded", finite(cost.loadedPerRequest()))
            .put("usd_per_million_tokens_provisioned", finite(cost.provisionedPerMillionTokens()))
            .put("usd_per_million_tokens_fully_loaded", finite(cost.loadedPerMillionTokens()));
    cost.api()
        .ifPresent(api ->
            money.put(
                "api",
                new JsonObject()
                    .put("usd_per_request", finite(api.usdPerRequest()))
                    .put("usd_per_month", finite(api.usdPerMonth()))
                    .put("break_even_requests_per_month", finite(api.breakEvenRequestsPerMonth()))
                    .put("break_even_utilisation", finite(api.breakEvenUtilisation()))));
    return brief(sized)
        .put(
            "replica_terms",
            new JsonObject()
                .put("peak", replicas.base())
                .put("headroom", replicas.headroom())
                .put("spare", replicas.spare())
                .put("interruption", replicas.interruption())
                .put("minimum", replicas.minimum()))
        .put("on_spot", replicas.spot())
        .put(
            "domains",
            array(
                replicas.domains(),
                domain ->
                    new JsonObject().put("name", domain.name()).put("replicas", domain.total())))
        .put("gpus", sized.gpus())
        .put("requests_per_second_within_slo", finite(sized.sustainablePerSecond()))
        .put("requests_per_second_at_most", finite(sized.saturationPerSecond()))
        .put("peak_requests_per_second", finite(sized.peakPerSecond()))
        .put("average_requests_per_second", finite(sized.averagePerSecond()))
        .put("uncertainty", sized.uncertainty())
        .put("utilisation", finite(sized.utilisation()))
        .put("wait_probability", finite(sized.waitProbability()))
        .put("at_peak", prediction(sized.atPeak()))
        .put("at_average", prediction(sized.atAverage()))
        .put("memory_bytes", ledger(Ledger.memory(sized)))
        .put("step_seconds", ledger(Ledger.step(sized)))
        .put("cost", money)
        .put(
            "explain",
            array(
                Explanation.of(sized),
                line ->
                    new JsonObject()
                        .put("figure", line.name())
                        .put("formula", line.formula())
                        .put("value", line.value())));
  }

  private static JsonObject prediction(Prediction prediction) {
    return new JsonObject()
        .put("in_flight", finite(prediction.inFlight()))
        .put("requests_per_second", finite(prediction.requestsPerSecond()))
        .put("ttft", latency(prediction.ttft()))
        .put("tpot", latency(prediction.tpot()))
        .put("total", latency(prediction.total()));
  }

  private static JsonObject latency(Latency latency) {
    return new JsonObject()
        .put("mean", finite(latency.mean()))
        .put("p50", finite(latency.p50()))
        .put("p95", finite(latency.p95()))
        .put("p99", finite(latency.p99()));
  }

  private static JsonObject ledger(Ledger ledger) {
    var json = new JsonObject();
    ledger.entries().forEach(entry -> json.put(entry.name(), finite(entry.amount())));
    return json;
  }

  private static JsonObject claim(Judged judged) {
    var claim = judged.claim();
    return new JsonObject()
        .put("what", claim.what())
        .put("pool", claim.pool().isEmpty() ? null : claim.pool())
        .put("text", judged.printed().text())
        .put("value", claim.low())
        .put("up_to", claim.high())
        .put("tolerance", claim.tolerance())
        .put("verdict", judged.verdict().word())
        .put("arithmetic", PlanText.arithmetic(judged).orElse(null))
        .put("method", judged.printed().method().isEmpty() ? null : judged.printed().method())
        .put("method_value", value(judged.method()))
        .put("penstock", value(judged.verdict().own().or(judged::beside)))
        .put("formula", judged.verdict().own().or(judged::beside).map(Figure::formula).orElse(null))
        .put("because", PlanText.because(judged.verdict()));
  }

  private static @Nullable Double value(Optional<Figure> figure) {
    return figure.map(Figure::value).orElse(null);
  }

  private static @Nullable Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }

  private static <T> JsonArray array(List<T> items, Function<T, JsonObject> each) {
    var array = new JsonArray();
    items.forEach(item -> array.add(each.apply(item)));
    return array;
  }
}
