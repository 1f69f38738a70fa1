package io.penstock.gateway.report;

import io.penstock.planner.report.Report;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A report for programs: times in milliseconds, null for what is not known. */
public final class ReportJson {
  private static final double MILLIS = 1e3;

  private ReportJson() {}

  /** The report. */
  public static JsonObject of(Report report) {
    var hours = hours(report.requestsByHour());
    return new JsonObject()
        .put("object", "penstock.report")
        .put("from", ReportText.time(report.fromEpochSeconds()))
        .put("to", ReportText.time(report.toEpochSeconds()))
        .put("all", traffic(report.all()))
        .put("tiers", array(report.byTier(), ReportJson::traffic))
        .put("tenants", array(report.byTenant(), ReportJson::traffic))
        .put("complexities", array(report.byComplexity(), ReportJson::traffic))
        .put("pools", array(report.pools(), ReportJson::pool))
        .put("prompt_lengths", array(report.promptLengths(), ReportJson::bin))
        .put("completion_lengths", array(report.completionLengths(), ReportJson::bin))
        .put("hours", hours)
        .put("costs", costs(report.costs()))
        .put("recommendations", array(report.recommendations(), ReportJson::advice));
  }

  private static JsonArray hours(Map<Long, Long> byHour) {
    var hours = new JsonArray();
    byHour.forEach((hour, count) ->
        hours.add(
            new JsonObject()
                .put("hour", Instant.ofEpochSecond(hour * 3600).toString())
                .put("requests", count)));
    return hours;
  }

  private static JsonObject bin(Report.Bin bin) {
    return new JsonObject().put("up_to_tokens", bin.upTo()).put("requests", bin.count());
  }

  private static JsonObject change(Report.Change change) {
    return new JsonObject()
        .put("when", change.when())
        .put("replicas", change.replicas())
        .put("usd_per_month", number(change.usdPerMonth()));
  }

  private static <T> JsonArray array(List<T> rows, Function<T, JsonObject> json) {
    var array = new JsonArray();
    rows.forEach(row -> array.add(json.apply(row)));
    return array;
  }

  private static JsonObject traffic(Report.Traffic traffic) {
    var outcomes = new JsonObject();
    traffic.outcomes().forEach(outcomes::put);
    return new JsonObject()
        .put("name", traffic.name())
        .put("requests", traffic.requests())
        .put("outcomes", outcomes)
        .put("prompt_tokens", spread(traffic.promptTokens(), 1))
        .put("completion_tokens", spread(traffic.completionTokens(), 1))
        .put("cached_share", number(traffic.cachedShare()))
        .put("ttft_ms", spread(traffic.ttft(), MILLIS))
        .put("tpot_ms", spread(traffic.tpot(), MILLIS))
        .put("total_ms", spread(traffic.total(), MILLIS))
        .put("peak_rps", number(traffic.peakPerSecond()))
        .put("usd", number(traffic.usd()))
        .put("usd_per_request", number(traffic.usdPerRequest()));
  }

  private static JsonObject spread(Report.Spread of, double unit) {
    return new JsonObject()
        .put("count", of.count())
        .put("mean", number(of.mean() * unit))
        .put("p50", number(of.p50() * unit))
        .put("p95", number(of.p95() * unit))
        .put("p99", number(of.p99() * unit));
  }

  private static JsonObject pool(Report.Pool pool) {
    var json =
        traffic(pool.traffic())
            .put("slo", array(pool.promises(), ReportJson::promise))
            .put("hours", hours(pool.requestsByHour()));
    var hardware = pool.hardware();
    return hardware == null ? json : json.put("capacity", hardware(hardware));
  }

  private static JsonObject promise(Report.Promise promise) {
    return new JsonObject()
        .put("name", promise.name())
        .put("within_ms", number(promise.seconds() * MILLIS))
        .put("share", number(promise.share()))
        .put("kept", promise.kept());
  }

  private static JsonObject hardware(Report.Hardware of) {
    return new JsonObject()
        .put("hardware", of.label())
        .put("learned_from", of.samples())
        .put("replicas", of.replicas())
        .put("saturation_rps", number(of.saturationPerSecond()))
        .put("slo_rps", number(of.sloPerSecond()))
        .put("headroom_rps", number(of.headroomPerSecond()))
        .put("utilization", number(of.utilisation()))
        .put("growth_per_day", number(of.growthPerDay()))
        .put("days_left", number(of.daysLeft()))
        .put("fleet_usd_per_month", number(of.fleetUsdPerMonth()))
        .put("busy_rps_by_hour", new JsonArray(of.busyByHour()))
        .put("needed_replicas_by_hour", new JsonArray(of.neededByHour()))
        .put("predicted_ttft_ms", number(of.ttftPredicted() * MILLIS))
        .put("observed_ttft_ms", number(of.ttftObserved() * MILLIS))
        .put("predicted_tpot_ms", number(of.tpotPredicted() * MILLIS))
        .put("observed_tpot_ms", number(of.tpotObserved() * MILLIS))
        .put("ttft_error", number(of.ttftError()))
        .put("tpot_error", number(of.tpotError()))
        .put("changes", array(of.changes(), ReportJson::change));
  }

  private static JsonObject costs(Report.Costs costs) {
    return new JsonObject()
        .put("usd", number(costs.usd()))
        .put("all_to_api_usd", number(costs.allToApiUsd()))
        .put("all_to_api_pool", costs.provider().isEmpty() ? null : costs.provider())
        .put("saved_usd", number(costs.savedUsd()))
        .put("saved_by_cache_usd", number(costs.sparedUsd()));
  }

  private static JsonObject advice(Report.Recommendation advice) {
    return new JsonObject()
        .put("pool", advice.pool())
        .put("what", advice.what())
        .put("why", advice.why())
        .put("effect", advice.effect())
        .put("usd_per_month", number(advice.usdPerMonth()));
  }

  private static @Nullable Double number(double value) {
    return Double.isFinite(value) ? value : null;
  }
}
