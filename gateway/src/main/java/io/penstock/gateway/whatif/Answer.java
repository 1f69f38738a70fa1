package io.penstock.gateway.whatif;

import io.penstock.config.Pool;
import io.penstock.config.scenario.Planned.Bought;
import io.penstock.config.scenario.Planned.PoolPlan;
import io.penstock.planner.capacity.Latency;
import io.penstock.planner.capacity.Prediction;
import io.penstock.planner.size.Ledger;
import io.penstock.planner.size.LoadCurve;
import io.penstock.planner.size.Outcome;
import io.penstock.planner.size.Plan;
import io.penstock.planner.size.Sized;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A pool's plan as the page draws it: milliseconds, bytes and USD; null where not finite. */
final class Answer {
  private static final int CURVE_POINTS = 24;
  private static final int ALTERNATIVES = 6;
  private static final double MILLIS = 1e3;

  private Answer() {}

  static JsonObject head(Pool pool, double share) {
    return new JsonObject()
        .put("pool", pool.name())
        .put("model", pool.model())
        .put("share", finite(share))
        .put(
            "slo",
            new JsonObject()
                .put("ttft_ms", pool.slo().ttft().toNanos() / 1e6)
                .put("tpot_ms", pool.slo().tpot().toNanos() / 1e6));
  }

  static JsonObject of(PoolPlan pool) {
    var json = new JsonObject().put("met", pool.met());
    pool.bought().ifPresent(bought -> json.put("bought", bought(bought)));
    pool.plan().ifPresent(plan -> json.mergeIn(plan(plan)));
    return json;
  }

  private static JsonObject bought(Bought bought) {
    return new JsonObject()
        .put("usd_per_request", finite(bought.usdPerRequest()))
        .put("usd_per_month", finite(bought.usdPerMonth()));
  }

  private static JsonObject plan(Plan plan) {
    var json =
        new JsonObject()
            .put("answer", plan.answer())
            .put("without_slo", plan.withoutSlo())
            .put("relax", new JsonArray(plan.relax()))
            .put(
                "alternatives",
                array(
                    plan.alternatives().stream().limit(ALTERNATIVES).toList(),
                    each -> outcome(each.outcome()).put("why", each.why())))
            .put("growth", array(plan.growth(), Answer::growth));
    plan.chosen().ifPresent(sized -> json.mergeIn(sized(sized)));
    return json;
  }

  private static JsonObject growth(Plan.Growth growth) {
    return new JsonObject()
        .put("factor", growth.factor())
        .put("replicas", growth.same().replicas().total())
        .put("usd_per_month", finite(growth.same().cost().usdPerMonth()))
        .put("cheapest", growth.cheapest().label())
        .put("cheapest_usd_per_month", finite(growth.cheapest().cost().usdPerMonth()));
  }

  private static JsonObject outcome(Outcome outcome) {
    return switch (outcome) {
      case Sized sized ->
          new JsonObject()
              .put("hardware", sized.label())
              .put("replicas", sized.replicas().total())
              .put("usd_per_month", finite(sized.cost().usdPerMonth()))
              .put("total_p95_ms", finite(sized.atPeak().total().p95() * MILLIS));
      case Outcome.Refused refused -> new JsonObject().put("hardware", refused.label());
    };
  }

  private static JsonObject sized(Sized sized) {
    var replicas = sized.replicas();
    var cost = sized.cost();
    return new JsonObject()
        .put("hardware", sized.label())
        .put(
            "replicas",
            new JsonObject()
                .put("total", replicas.total())
                .put("peak", replicas.base())
                .put("headroom", replicas.headroom())
                .put("spare", replicas.spare()))
        .put("gpus", sized.gpus())
        .put("constraint", sized.constraint().word())
        .put("constraint_meaning", sized.constraint().meaning())
        .put("peak_rps", finite(sized.peakPerSecond()))
        .put("within_slo_rps", finite(sized.sustainablePerSecond()))
        .put("at_most_rps", finite(sized.saturationPerSecond()))
        .put("utilisation", finite(sized.utilisation()))
        .put("peak_utilisation", finite(sized.peakUtilisation()))
        .put("uncertainty", finite(sized.uncertainty()))
        .put("usd_per_month", finite(cost.usdPerMonth()))
        .put("usd_per_replica_hour", finite(cost.usdPerReplicaHour()))
        .put("usd_per_request", finite(cost.provisionedPerRequest()))
        .put("usd_per_million_tokens", finite(cost.provisionedPerMillionTokens()))
        .put("at_peak", prediction(sized.atPeak()))
        .put("memory_bytes", ledger(Ledger.memory(sized)))
        .put("curve", curve(sized));
  }

  private static JsonArray curve(Sized sized) {
    return array(
        LoadCurve.of(sized, CURVE_POINTS).points(),
        point ->
            new JsonObject()
                .put("rps", finite(point.requestsPerSecond()))
                .put("ttft_ms", finite(point.prediction().ttft().p95() * MILLIS))
                .put("tpot_ms", finite(point.prediction().tpot().p95() * MILLIS)));
  }

  static JsonObject prediction(Prediction prediction) {
    return new JsonObject()
        .put("in_flight", finite(prediction.inFlight()))
        .put("ttft_ms", latency(prediction.ttft()))
        .put("tpot_ms", latency(prediction.tpot()))
        .put("total_ms", latency(prediction.total()));
  }

  private static JsonObject latency(Latency latency) {
    return new JsonObject()
        .put("p50", finite(latency.p50() * MILLIS))
        .put("p95", finite(latency.p95() * MILLIS));
  }

  private static JsonObject ledger(Ledger ledger) {
    var json = new JsonObject();
    ledger.entries().forEach(entry -> json.put(entry.name(), finite(entry.amount())));
    return json;
  }

  /** Five digits are more than the model knows. */
  static @Nullable Double finite(double value) {
    if (!Double.isFinite(value)) {
      return null;
    }
    if (value == 0) {
      return 0.0;
    }
    double scale = Math.pow(10, 4 - Math.floor(Math.log10(Math.abs(value))));
    return Math.round(value * scale) / scale;
  }

  private static <T> JsonArray array(List<T> items, Function<T, JsonObject> each) {
    var array = new JsonArray();
    items.forEach(item -> array.add(each.apply(item)));
    return array;
  }
}
