package io.penstock.gateway.capacity;

import io.penstock.planner.autoscale.Target;
import io.penstock.planner.calibrate.Calibrated;
import io.penstock.planner.calibrate.Calibrated.Parameter;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;

/**
 * What one gateway of a fleet has seen of a pool, as it tells the others.
 *
 * @param arrived calls since it started
 * @param prompts how long prompts have been of late
 * @param completions how long answers have been
 * @param cachedShare of the prompts' tokens that servers had cached
 * @param calibrated what it makes of the servers
 * @param target how many there should be, from the one that leads
 */
record Seen(
    long arrived,
    RecentLengths prompts,
    RecentLengths completions,
    double cachedShare,
    Calibrated calibrated,
    Optional<Target> target) {

  JsonObject json() {
    var json =
        new JsonObject()
            .put("arrived", arrived)
            .put("prompts", prompts.json())
            .put("completions", completions.json())
            .put("cached", cachedShare)
            .put("decode", json(calibrated.decode()))
            .put("prefill", json(calibrated.prefill()))
            .put("request", json(calibrated.requestSeconds()))
            .put("samples", calibrated.samples())
            .put("noise", calibrated.noise())
            .put("drifts", calibrated.drifts());
    target.ifPresent(agreed -> json.put("target", json(agreed)));
    return json;
  }

  private static JsonArray json(Parameter parameter) {
    return JsonArray.of(parameter.prior(), parameter.value(), parameter.error());
  }

  private static JsonObject json(Target target) {
    return new JsonObject()
        .put("replicas", target.replicas())
        .put("sustainable", target.sustainablePerSecond())
        .put("saturation", target.saturationPerSecond())
        .put("uncertainty", target.uncertainty())
        .put("limited", target.limited())
        .put("reasons", new JsonArray(target.reasons()));
  }

  /** Throws where another release wrote something else. */
  static Seen of(JsonObject json) {
    return new Seen(
        json.getLong("arrived"),
        RecentLengths.of(json.getJsonArray("prompts")),
        RecentLengths.of(json.getJsonArray("completions")),
        json.getDouble("cached"),
        new Calibrated(
            parameter(json.getJsonArray("decode")),
            parameter(json.getJsonArray("prefill")),
            parameter(json.getJsonArray("request")),
            json.getLong("samples"),
            json.getDouble("noise"),
            json.getInteger("drifts")),
        Optional.ofNullable(json.getJsonObject("target")).map(Seen::target));
  }

  private static Parameter parameter(JsonArray json) {
    return new Parameter(json.getDouble(0), json.getDouble(1), json.getDouble(2));
  }

  private static Target target(JsonObject json) {
    List<String> reasons = json.getJsonArray("reasons").stream().map(String::valueOf).toList();
    return new Target(
        json.getInteger("replicas"),
        json.getDouble("sustainable"),
        json.getDouble("saturation"),
        json.getDouble("uncertainty"),
        json.getBoolean("limited"),
        reasons);
  }
}
