package io.penstock.gateway.admin;

import io.penstock.config.Complexity;
import io.penstock.config.Rate;
import io.penstock.config.Tier;
import io.penstock.gateway.admin.PoolView.BackendView;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.Function;

/** The views in JSON, under the names that dashboards and scripts read. */
final class Json {
  private Json() {}

  static JsonObject error(String message) {
    return new JsonObject().put("error", new JsonObject().put("message", message));
  }

  static JsonObject errors(String message, List<String> errors) {
    var error = new JsonObject().put("message", message).put("errors", new JsonArray(errors));
    return new JsonObject().put("error", error);
  }

  static JsonObject pools(Collection<PoolView> pools) {
    return new JsonObject().put("pools", byName(pools, view -> view.pool().name(), Json::pool));
  }

  static JsonObject tiers(Collection<TierView> tiers) {
    return new JsonObject().put("tiers", byName(tiers, view -> view.tier().name(), Json::tier));
  }

  static JsonObject cache(CacheView view) {
    return new JsonObject()
        .put("entries", view.entries())
        .put("bytes", view.bytes())
        .put("bound_bytes", view.boundBytes());
  }

  private static <T> JsonObject byName(
      Collection<T> views, Function<T, String> name, Function<T, JsonObject> json) {
    var object = new JsonObject();
    views.forEach(view -> object.put(name.apply(view), json.apply(view)));
    return object;
  }

  private static JsonObject pool(PoolView view) {
    var pool = view.pool();
    return new JsonObject()
        .put("model", pool.model())
        .put("provider", word(pool.provider()))
        .put("context_tokens", pool.contextTokens())
        .put("state", view.up() ? "up" : "down")
        .put("in_flight", view.inFlight())
        .put("queue", queue(view.queue()))
        .mergeIn(traffic(view.traffic()))
        .put("backends", byName(view.backends(), BackendView::id, Json::backend));
  }

  private static JsonObject queue(PoolView.QueueView queue) {
    var waiting = new JsonObject();
    queue.waiting().forEach(waiting::put);
    var wait = new JsonObject();
    queue.waitSeconds().forEach((tier, seconds) -> putMillis(wait, tier, seconds));
    return new JsonObject()
        .put("places", queue.places() == Integer.MAX_VALUE ? null : queue.places())
        .put("taken", queue.taken())
        .put("waiting", waiting)
        .put("wait_ms", wait);
  }

  private static JsonObject backend(BackendView backend) {
    var observed = new JsonObject();
    putMillis(observed, "ttft_ms", backend.ttftSeconds());
    putMillis(observed, "tpot_ms", backend.tpotSeconds());
    return new JsonObject()
        .put("url", backend.url())
        .put("state", backend.state())
        .put("in_flight", backend.inFlight())
        .put("consecutive_failures", backend.consecutiveFailures())
        .put("breaker", backend.breaker())
        .put("rest_seconds", Figures.of(backend.restSeconds()))
        .put("observed", observed);
  }

  private static void putMillis(JsonObject json, String name, double seconds) {
    if (!Double.isNaN(seconds)) {
      json.put(name, Math.round(seconds * 1e6) / 1e3);
    }
  }

  private static JsonObject traffic(TrafficView traffic) {
    return new JsonObject()
        .put(
            "requests",
            new JsonObject()
                .put("answered", traffic.answered())
                .put("refused", traffic.refused())
                .put("failed", traffic.failed())
                .put("cancelled", traffic.cancelled()))
        .put(
            "tokens",
            new JsonObject()
                .put("prompt", traffic.promptTokens())
                .put("completion", traffic.completionTokens()))
        .put("spend_usd", Figures.usd(traffic.costUsd()));
  }

  private static JsonObject tier(TierView view) {
    var tier = view.tier();
    return new JsonObject()
        .put("priority", word(tier.priority()))
        .put("when_busy", word(tier.whenBusy()))
        .put("route", route(tier))
        .put("limits", limits(tier))
        .put("keys", view.keys())
        .put("budgets", budgets(view))
        .mergeIn(traffic(view.traffic()));
  }

  private static JsonObject budgets(TierView view) {
    var budgets = new JsonObject();
    new TreeMap<>(view.budgets())
        .forEach((tenant, money) ->
            budgets.put(
                tenant,
                new JsonObject()
                    .put("limit_usd", money.limitUsd())
                    .put("spent_usd", money.spentUsd())
                    .put("held_usd", money.heldUsd())
                    .put("resets", Instant.ofEpochMilli(money.endMillis()).toString())));
    return budgets;
  }

  private static JsonObject route(Tier tier) {
    var route = new JsonObject();
    for (var level : Complexity.values()) {
      route.put(level.label(), tier.route().get(level));
    }
    return route;
  }

  static JsonObject limits(Tier tier) {
    var limits = new JsonObject();
    tier.limits().requests().ifPresent(rate -> limits.put("requests", rate(rate)));
    tier.limits().tokens().ifPresent(rate -> limits.put("tokens", rate(rate)));
    tier.budget().ifPresent(rate -> limits.put("budget_usd", rate(rate)));
    return tier.limits().concurrency() == 0
        ? limits
        : limits.put("concurrency", tier.limits().concurrency());
  }

  private static JsonObject rate(Rate rate) {
    return new JsonObject().put("amount", rate.amount()).put("window", window(rate.window()));
  }

  private static String window(Duration window) {
    return window.toSeconds() + "s";
  }

  static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
