package io.penstock.gateway.admin;

import io.penstock.planner.autoscale.PoolCapacity;
import io.penstock.planner.calibrate.Calibrated;
import io.penstock.planner.capacity.Deployment;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Capacity in JSON: what the model thinks of each pool, and what an autoscaler is to do. */
final class CapacityJson {
  private static final double MILLIS = 1e3;

  private CapacityJson() {}

  static JsonObject capacities(List<PoolCapacity> pools) {
    var json = new JsonObject();
    pools.forEach(pool -> json.put(pool.pool(), pool(pool)));
    return new JsonObject().put("pools", json);
  }

  static JsonObject targets(List<PoolCapacity> pools) {
    var json = new JsonObject();
    pools.forEach(pool -> json.put(pool.pool(), target(pool)));
    return new JsonObject().put("pools", json);
  }

  /** The target of one pool; null where there is no such pool. */
  static @Nullable JsonObject target(List<PoolCapacity> pools, String name) {
    return pools.stream()
        .filter(pool -> pool.pool().equals(name))
        .findFirst()
        .map(CapacityJson::target)
        .orElse(null);
  }

  private static JsonObject target(PoolCapacity pool) {
    return new JsonObject().put("desired_replicas", pool.target().replicas());
  }

  static JsonObject pool(PoolCapacity pool) {
    return new JsonObject()
        .put("hardware", hardware(pool.prior()))
        .put("calibration", calibration(pool.calibrated()))
        .put("load", load(pool))
        .put("saturation_rps", number(pool.target().saturationPerSecond()))
        .put("slo_rps", number(pool.target().sustainablePerSecond()))
        .put("max_rps", number(pool.maxPerSecond()))
        .put("utilization", number(pool.utilisation()))
        .put("replicas", pool.replicas())
        .put("desired_replicas", pool.target().replicas())
        .put("limited", pool.target().limited())
        .put("reasons", new JsonArray(pool.target().reasons()))
        .put("uncertainty", number(pool.target().uncertainty()))
        .put("latency", latency(pool.times()));
  }

  private static JsonObject hardware(Deployment prior) {
    return new JsonObject()
        .put("model", prior.model().name())
        .put("gpu", prior.gpu().name())
        .put("gpus_per_replica", prior.tensorParallel())
        .put("engine", prior.engine().name())
        .put("weights", prior.weights().label())
        .put("kv", prior.kv().label());
  }

  private static JsonObject calibration(Calibrated seen) {
    return new JsonObject()
        .put("decode", parameter(seen.decode(), 1))
        .put("prefill", parameter(seen.prefill(), 1))
        .put("request_ms", parameter(seen.requestSeconds(), MILLIS))
        .put("offset_ms", offset(seen.offset()))
        .put("samples", seen.samples())
        .put("noise", number(seen.noise()))
        .put("drifts", seen.drifts())
        .put("contradicts_config", seen.contradicts());
  }

  private static JsonObject parameter(Calibrated.Parameter parameter, double unit) {
    return new JsonObject()
        .put("prior", number(parameter.prior() * unit))
        .put("value", number(parameter.value() * unit))
        .put("error", number(parameter.error() * unit));
  }

  /** There is no prior of what comes from outside. */
  private static JsonObject offset(Calibrated.Parameter offset) {
    return new JsonObject()
        .put("value", number(offset.value() * MILLIS))
        .put("error", number(offset.error() * MILLIS));
  }

  private static JsonObject load(PoolCapacity pool) {
    var load = pool.load();
    return new JsonObject()
        .put("rps", number(load.perSecond()))
        .put("rps_ahead", number(load.aheadPerSecond()))
        .put("rps_ahead_p95", number(load.highPerSecond()))
        .put("in_flight", pool.inFlight())
        .put("prompt_tokens", number(load.promptTokens()))
        .put("completion_tokens", number(load.completionTokens()))
        .put("cached_share", number(load.cachedShare()));
  }

  private static JsonObject latency(PoolCapacity.Times times) {
    return new JsonObject()
        .put("ttft", metric(times.ttftSeconds(), times.ttftExpected(), times.ttftError()))
        .put("tpot", metric(times.tpotSeconds(), times.tpotExpected(), times.tpotError()));
  }

  private static JsonObject metric(double seen, double expected, double error) {
    return new JsonObject()
        .put("observed_ms", number(seen * MILLIS))
        .put("predicted_ms", number(expected * MILLIS))
        .put("error", number(error));
  }

  /** Four digits; null for what is not known. */
  private static @Nullable Double number(double value) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      return null;
    }
    if (value == 0) {
      return 0.0;
    }
    double scale = Math.pow(10, 3 - Math.floor(Math.log10(Math.abs(value))));
    return Math.round(value * scale) / scale;
  }
}
