package io.penstock.gateway.admin;

import io.penstock.config.Complexity;
import io.penstock.config.Rate;
import io.penstock.config.Tier;
import io.penstock.gateway.admin.PoolView.BackendView;
import io.penstock.gateway.admin.PoolView.Quantiles;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
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
    return new JsonObject().put("pools", byName(pools, PoolView::name, Json::pool));
  }

  static JsonObject tiers(Collection<TierView> tiers) {
    return new JsonObject().put("tiers", byName(tiers, view -> view.tier().name(), Json::tier));
  }

  private static <T> JsonObject byName(
      Collection<T> views, Function<T, String> name, Function<T, JsonObject> json) {
    var object = new JsonObject();
    views.forEach(view -> object.put(name.apply(view), json.apply(view)));
    return object;
  }

  private static JsonObject pool(PoolView pool) {
    return new JsonObject()
        .put("model", pool.model())
        .put("provider", pool.provider())
        .put("context_tokens", pool.contextTokens())
        .put("state", pool.backendsUp() > 0 ? "up" : "down")
        .put("in_flight", pool.inFlight())
        .put(
            "observed",
            new JsonObject()
                .put("ttft_ms", quantiles(pool.ttftMillis()))
                .put("tpot_ms", quantiles(pool.tpotMillis())))
        .put("backends", byName(pool.backends(), BackendView::id, Json::backend));
  }

  private static JsonObject backend(BackendView backend) {
    return new JsonObject()
        .put("url", backend.url())
        .put("state", backend.state())
        .put("breaker", backend.breaker())
        .put("in_flight", backend.inFlight());
  }

  private static JsonObject quantiles(Quantiles observed) {
    var json = new JsonObject().put("count", observed.count());
    return observed.count() == 0
        ? json
        : json.put("mean", thousandths(observed.mean()))
            .put("p50", thousandths(observed.p50()))
            .put("p95", thousandths(observed.p95()));
  }

  private static double thousandths(double value) {
    return Math.round(value * 1000) / 1000.0;
  }

  private static JsonObject tier(TierView view) {
    var tier = view.tier();
    var requests = new JsonObject();
    view.requests().forEach(requests::put);
    return new JsonObject()
        .put("priority", word(tier.priority()))
        .put("when_busy", word(tier.whenBusy()))
        .put("route", route(tier))
        .put("limits", limits(tier))
        .put("keys", view.keys())
        .put("requests", requests)
        .put(
            "tokens",
            new JsonObject()
                .put("prompt", view.promptTokens())
                .put("completion", view.completionTokens()))
        .put("spend_usd", view.costUsd());
  }

  private static JsonObject route(Tier tier) {
    var route = new JsonObject();
    for (var level : Complexity.values()) {
      route.put(level.label(), tier.route().get(level));
    }
    return route;
  }

  private static JsonObject limits(Tier tier) {
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

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
