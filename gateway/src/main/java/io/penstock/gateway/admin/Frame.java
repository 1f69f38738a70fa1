package io.penstock.gateway.admin;

import io.penstock.config.Capacity;
import io.penstock.config.Pool;
import io.penstock.gateway.admin.PoolView.BackendView;
import io.penstock.planner.autoscale.PoolCapacity;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One event of the dashboard: the gateway at one moment, with rates over the last ten seconds and
 * percentiles over the last minute. What is not measured is null, and the page says so.
 */
final class Frame {
  static final List<String> OUTCOMES = List.of("answered", "refused", "failed", "cancelled");
  static final List<String> DIRECTIONS = List.of("prompt", "completion");
  private static final double SECONDS_PER_HOUR = 3600;

  private final Controls controls;
  private final Readings readings;
  private final Window window;
  private final Map<String, PoolCapacity> capacities;

  Frame(Controls controls, Readings readings, Window window) {
    this.controls = controls;
    this.readings = readings;
    this.window = window;
    this.capacities =
        controls.capacities().stream()
            .collect(Collectors.toMap(PoolCapacity::pool, Function.identity(), (_, last) -> last));
  }

  JsonObject json(long nowMillis) {
    var reasons = controls.whyNotReady();
    return new JsonObject()
        .put("at", nowMillis)
        .put("window_s", Math.round(window.seconds()))
        .put("uptime_s", ManagementFactory.getRuntimeMXBean().getUptime() / 1000)
        .put("ready", reasons.isEmpty())
        .put("reasons", new JsonArray(reasons))
        .put("open", Figures.of(readings.sum("penstock_open_calls")))
        .put("rates", rates(outcome -> "all/" + outcome))
        .put("tokens", tokens("tokens"))
        .put("overhead_p95_ms", Figures.millis(window.histogram("overhead").quantile(.95)))
        .put("pools", array(controls.pools(), this::pool))
        .put("tiers", array(controls.tiers(), this::tier))
        .put("cache", cache())
        .put("cost", cost())
        .put("stores", stores());
  }

  private JsonObject rates(Function<String, String> name) {
    var rates = new JsonObject();
    OUTCOMES.forEach(outcome -> rates.put(outcome, rate(name.apply(outcome))));
    return rates;
  }

  private JsonObject tokens(String of) {
    var tokens = new JsonObject();
    DIRECTIONS.forEach(direction -> tokens.put(direction, rate(of + '/' + direction)));
    return tokens;
  }

  private @Nullable Double rate(String name) {
    return Figures.of(window.rate(name));
  }

  // ---- pools

  private JsonObject pool(PoolView view) {
    Pool pool = view.pool();
    var name = pool.name();
    var of = "pool/" + name;
    return new JsonObject()
        .put("name", name)
        .put("model", pool.model())
        .put("provider", Json.word(pool.provider()))
        .put("hardware", pool.capacity().map(Frame::hardware).orElse(null))
        .put("state", view.up() ? "up" : "down")
        .put("in_flight", view.inFlight())
        .put("rates", rates(outcome -> of + '/' + outcome))
        .put("tokens", tokens(of))
        .put("ttft", latency("ttft/" + name, pool.slo().ttft().toNanos() / 1e9))
        .put("tpot", latency("tpot/" + name, pool.slo().tpot().toNanos() / 1e9))
        .put("queue", queue(name))
        .put("retries", rate("retries/" + name))
        .put("fallbacks", rate("fallbacks/" + name))
        .put("broken", rate("broken/" + name))
        .put("usd_per_hour", usdPerHour(of + "/usd"))
        .put("spend_usd", Figures.of(view.traffic().costUsd()))
        .put("capacity", capacity(pool))
        .put("backends", array(view.backends(), Frame::backend));
  }

  private static String hardware(Capacity capacity) {
    return capacity.gpusPerReplica()
        + " × "
        + capacity.gpu()
        + ", "
        + capacity.weights()
        + ", "
        + capacity.engine();
  }

  private JsonObject latency(String name, double sloSeconds) {
    var seen = window.histogram(name);
    return new JsonObject()
        .put("slo_ms", sloSeconds > 0 ? Figures.millis(sloSeconds) : null)
        .put("count", Math.round(seen.count()))
        .put("p50_ms", Figures.millis(seen.quantile(.5)))
        .put("p95_ms", Figures.millis(seen.quantile(.95)))
        .put("within", sloSeconds > 0 ? Figures.of(seen.within(sloSeconds)) : null);
  }

  private @Nullable JsonObject queue(String pool) {
    double depth = readings.sum("penstock_queue_depth", "pool", pool);
    return Double.isNaN(depth)
        ? null
        : new JsonObject()
            .put("depth", Figures.of(depth))
            .put("p95_ms", Figures.millis(window.histogram("queue/" + pool).quantile(.95)));
  }

  /** Null where no hardware is named, and before the model has looked. */
  private @Nullable JsonObject capacity(Pool pool) {
    var known = capacities.get(pool.name());
    return known == null ? null : CapacityJson.pool(known);
  }

  private static JsonObject backend(BackendView backend) {
    return new JsonObject()
        .put("id", backend.id())
        .put("url", backend.url())
        .put("state", backend.state())
        .put("breaker", backend.breaker())
        .put("in_flight", backend.inFlight())
        .put("failures", backend.consecutiveFailures())
        .put("ttft_ms", Figures.millis(backend.ttftSeconds()))
        .put("tpot_ms", Figures.millis(backend.tpotSeconds()));
  }

  // ---- tiers

  private JsonObject tier(TierView view) {
    var name = view.tier().name();
    double waiting = readings.sum("penstock_queue_depth", "tier", name);
    return new JsonObject()
        .put("name", name)
        .put("priority", Json.word(view.tier().priority()))
        .put("keys", view.keys())
        .put("limits", Json.limits(view.tier()))
        .put("rates", rates(outcome -> "tier/" + name + '/' + outcome))
        .put("tokens", tokens("tier/" + name))
        .put("decisions", decisions(name))
        .put("budget_used", Figures.of(readings.sum("penstock_budget_used_ratio", "tier", name)))
        .put("queue", Figures.of(waiting))
        .put("usd_per_hour", usdPerHour("tier/" + name + "/usd"))
        .put("spend_usd", Figures.of(view.traffic().costUsd()));
  }

  /** Refusals of the last minute by the limit that said no. */
  private JsonObject decisions(String tier) {
    var decisions = new JsonObject();
    for (String limit : readings.labels("penstock_ratelimit_decisions", "limit")) {
      if (!limit.equals("none")) {
        decisions.put(limit, Figures.of(window.sum("limit/" + tier + '/' + limit)));
      }
    }
    return decisions;
  }

  // ---- the whole

  private @Nullable JsonObject cache() {
    var results = readings.labels("penstock_cache_lookups", "result");
    if (results.isEmpty()) {
      return null;
    }
    var lookups = new JsonObject();
    results.forEach(result -> lookups.put(result, Figures.of(window.sum("cache/" + result))));
    return new JsonObject()
        .put("lookups", lookups)
        .put("saved_usd", Figures.of(readings.sum("penstock_cache_saved_usd")));
  }

  private JsonObject cost() {
    return new JsonObject()
        .put("usd_per_hour", usdPerHour("usd"))
        .put("since_start_usd", Figures.of(readings.sum("penstock_cost_usd")))
        .put("month_usd", Figures.of(readings.sum("penstock_cost_month_usd")));
  }

  private @Nullable Double usdPerHour(String name) {
    return Figures.of(window.slowRate(name) * SECONDS_PER_HOUR);
  }

  private @Nullable JsonArray stores() {
    var names = readings.labels("penstock_store_up", "store");
    return names.isEmpty()
        ? null
        : array(
            names,
            name ->
                new JsonObject()
                    .put("name", name)
                    .put("up", readings.sum("penstock_store_up", "store", name) >= 1));
  }

  private static <T> JsonArray array(List<T> items, Function<T, JsonObject> each) {
    var array = new JsonArray();
    items.forEach(item -> array.add(each.apply(item)));
    return array;
  }
}
