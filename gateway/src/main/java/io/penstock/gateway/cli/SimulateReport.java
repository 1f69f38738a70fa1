package io.penstock.gateway.cli;

import io.penstock.config.Pool;
import io.penstock.config.catalog.Catalog;
import io.penstock.gateway.cli.PoolSimulation.Ran;
import io.penstock.gateway.cli.TraceSharing.PoolRow;
import io.penstock.planner.capacity.Latency;
import io.penstock.planner.capacity.Prediction;
import io.penstock.planner.cost.TokenPrice;
import io.penstock.planner.simulate.Spread;
import io.penstock.planner.size.Show;
import io.penstock.planner.size.Sizer;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What a simulation saw beside what the plan promised, for a terminal and for programs. */
final class SimulateReport {
  /** A latency's figure: its name, where it is in a promise and where in what was seen. */
  private record Figure(
      String name, ToDoubleFunction<Latency> promised, ToDoubleFunction<Spread> seen) {}

  private static final List<Figure> FIGURES =
      List.of(
          new Figure("mean", Latency::mean, Spread::mean),
          new Figure("p50", Latency::p50, Spread::p50),
          new Figure("p95", Latency::p95, Spread::p95),
          new Figure("p99", Latency::p99, Spread::p99));

  private final List<String> lines = new ArrayList<>();
  private final JsonArray pools = new JsonArray();
  private final String config;
  private final Catalog catalog;
  private final List<String> assumptions;

  SimulateReport(String config, Catalog catalog, List<String> assumptions) {
    this.config = config;
    this.catalog = catalog;
    this.assumptions = assumptions;
  }

  List<String> lines() {
    var all = new ArrayList<String>();
    all.add(config);
    assumptions.forEach(line -> all.add("  assumed: " + line));
    all.addAll(lines);
    return all;
  }

  JsonObject json() {
    return new JsonObject()
        .put("config", config)
        .put("assumed", new JsonArray(assumptions))
        .put("pools", pools);
  }

  /** A pool that is bought by the token: no engine of ours to simulate. */
  void add(Pool pool, List<PoolRow> rows) {
    double prompt = 0;
    double completion = 0;
    for (var each : rows) {
      prompt += each.row().promptTokens();
      completion += each.row().completionTokens();
    }
    double usd = price(pool).usd(prompt, 0, completion);
    lines.add("");
    lines.add("pool " + pool.name() + ": " + pool.model() + ", bought by the token");
    row("requests", String.format(Locale.ROOT, "%,d", rows.size()));
    row("cost", Show.usd(usd) + ", " + Show.usd(usd / rows.size()) + " a request");
    pools.add(
        new JsonObject()
            .put("pool", pool.name())
            .put("bought", true)
            .put("requests", rows.size())
            .put("usd", usd)
            .put("usd_per_request", usd / rows.size()));
  }

  private TokenPrice price(Pool pool) {
    return pool.price()
        .map(each -> new TokenPrice(each.input(), each.cachedInput(), each.output()))
        .or(() -> catalog.prices().find(pool.model()).map(each -> each.price()))
        .orElse(new TokenPrice(0, 0, 0));
  }

  void add(Ran ran) {
    text(ran);
    pools.add(json(ran));
  }

  // ---- text

  private void text(Ran ran) {
    var seen = ran.seen();
    var use = seen.use();
    lines.add("");
    lines.add(
        "pool "
            + ran.pool().name()
            + ": "
            + plural(ran.replicas(), "replica")
            + " of "
            + Sizer.label(ran.deployment()));
    row("requests", requests(ran));
    row(
        "rate",
        Show.number(ran.meanPerSecond())
            + " a second on average, "
            + Show.number(ran.peakPerSecond())
            + " in the busiest minute"
            + ran.planned()
                .map(n -> "; the plan has " + plural(n, "replica") + " for it")
                .orElse("; no plan keeps its SLO"));
    lines.add(
        String.format(
            Locale.ROOT,
            "  %-12s %12s %16s %12s %12s",
            "",
            "promised",
            "in the busiest",
            "seen",
            "seen over"));
    lines.add(
        String.format(
            Locale.ROOT,
            "  %-12s %12s %16s %12s %12s",
            "",
            "on average",
            "minute",
            "",
            "promised"));
    latency("ttft", ran.atMean().ttft(), ran.atPeak().ttft(), seen.ttft());
    latency("tpot", ran.atMean().tpot(), ran.atPeak().tpot(), seen.tpot());
    latency("total", ran.atMean().total(), ran.atPeak().total(), seen.total());
    slo(ran);
    row(
        "load",
        Show.percent(use.utilisation())
            + " of the time in a step, "
            + Show.number(use.meanBatch())
            + " sequences in it (promised "
            + Show.number(ran.atMean().inFlight())
            + " in flight)");
    row(
        "KV memory",
        Show.percent(use.meanKv())
            + " on average, "
            + Show.percent(use.mostKv())
            + " at most; "
            + plural(use.preemptions(), "preemption"));
    fleet(ran);
    row(
        "queue",
        "mean wait "
            + Show.seconds(seen.waited().mean())
            + ", p99 "
            + Show.seconds(seen.waited().p99())
            + ", "
            + use.mostQueued()
            + " at most at one replica");
    row(
        "cost",
        Show.usd(ran.usd())
            + " for "
            + Show.number(use.replicaSeconds() / 3600)
            + " replica hours, "
            + Show.usd(ran.usd() / Math.max(1, seen.finished()))
            + " a request, "
            + Show.usd(ran.usdPerMonth())
            + " a month");
  }

  /** What happened to the replicas and to prompts, where anything did. */
  private void fleet(Ran ran) {
    var use = ran.seen().use();
    double mean = use.meanReplicas();
    if (use.mostReplicas() != ran.replicas() || use.interruptions() > 0 || mean < ran.replicas()) {
      row(
          "fleet",
          Show.number(mean)
              + " replicas on average, "
              + use.mostReplicas()
              + " at most; "
              + plural(use.interruptions(), "interruption"));
    }
    if (use.cachedTokens() > 0) {
      row(
          "prefixes",
          Show.percent(ran.seen().prefixHitRatio())
              + " of prompt tokens were there already; the promise takes that as given");
    }
  }

  private static String requests(Ran ran) {
    var seen = ran.seen();
    return String.format(Locale.ROOT, "%,d", seen.calls().size())
        + (seen.refused() > 0 ? ", " + seen.refused() + " longer than a replica takes" : "")
        + (seen.broken() > 0 ? ", " + seen.broken() + " broken off" : "");
  }

  private void slo(Ran ran) {
    var slo = ran.pool().slo();
    var parts = new ArrayList<String>();
    promise(parts, "ttft", slo.ttft());
    promise(parts, "tpot", slo.tpot());
    if (!parts.isEmpty()) {
      row(
          "SLO",
          Show.percent(ran.attained())
              + " of requests within "
              + String.join(" and ", parts)
              + (ran.attained() >= 0.95 ? ": kept" : ": broken, 95 % are promised"));
    }
  }

  private static void promise(List<String> parts, String name, Duration time) {
    if (time.isPositive()) {
      parts.add(name + " " + Show.seconds(time.toNanos() / 1e9));
    }
  }

  private void latency(String name, Latency average, Latency peak, Spread seen) {
    for (var figure : FIGURES) {
      double promised = figure.promised().applyAsDouble(average);
      double saw = figure.seen().applyAsDouble(seen);
      lines.add(
          String.format(
              Locale.ROOT,
              "  %-12s %12s %16s %12s %12s",
              name + " " + figure.name(),
              Show.seconds(promised),
              Show.seconds(figure.promised().applyAsDouble(peak)),
              seen.count() == 0 ? "none" : Show.seconds(saw),
              seen.count() == 0 ? "" : difference(promised, saw)));
    }
  }

  private static String difference(double promised, double saw) {
    return Double.isFinite(promised) && promised > 0
        ? String.format(Locale.ROOT, "%+.0f %%", 100 * (saw / promised - 1))
        : "";
  }

  private static String plural(long count, String word) {
    return String.format(Locale.ROOT, "%,d ", count) + word + (count == 1 ? "" : "s");
  }

  private void row(String name, String text) {
    lines.add(String.format(Locale.ROOT, "  %-12s %s", name, text));
  }

  // ---- JSON

  private static JsonObject json(Ran ran) {
    var seen = ran.seen();
    var use = seen.use();
    return new JsonObject()
        .put("pool", ran.pool().name())
        .put("bought", false)
        .put("hardware", Sizer.label(ran.deployment()))
        .put("replicas", ran.replicas())
        .put("replicas_planned", ran.planned().orElse(null))
        .put("requests", seen.calls().size())
        .put("finished", seen.finished())
        .put("refused", seen.refused())
        .put("broken", seen.broken())
        .put("requests_per_second", ran.meanPerSecond())
        .put("requests_per_second_busiest_minute", ran.peakPerSecond())
        .put("promised", promised(ran.atMean()))
        .put("promised_busiest_minute", promised(ran.atPeak()))
        .put(
            "seen",
            new JsonObject()
                .put("ttft", spread(seen.ttft()))
                .put("tpot", spread(seen.tpot()))
                .put("total", spread(seen.total()))
                .put("wait", spread(seen.waited())))
        .put("slo_attained", ran.attained())
        .put("utilisation", use.utilisation())
        .put("mean_batch", use.meanBatch())
        .put("kv_mean", use.meanKv())
        .put("kv_most", use.mostKv())
        .put("queue_most", use.mostQueued())
        .put("steps", use.steps())
        .put("preemptions", use.preemptions())
        .put("recomputed_tokens", use.recomputedTokens())
        .put("interruptions", use.interruptions())
        .put("replicas_most", use.mostReplicas())
        .put("replicas_mean", use.meanReplicas())
        .put("prefix_hit_ratio", ran.seen().prefixHitRatio())
        .put("seconds", use.seconds())
        .put("replica_seconds", use.replicaSeconds())
        .put("usd", ran.usd())
        .put("usd_per_request", ran.usd() / Math.max(1, seen.finished()))
        .put("usd_per_month", ran.usdPerMonth());
  }

  private static JsonObject promised(Prediction prediction) {
    return new JsonObject()
        .put("saturated", prediction.saturated())
        .put("in_flight", finite(prediction.inFlight()))
        .put("ttft", latency(prediction.ttft()))
        .put("tpot", latency(prediction.tpot()))
        .put("total", latency(prediction.total()));
  }

  private static JsonObject latency(Latency latency) {
    var json = new JsonObject();
    FIGURES.forEach(f -> json.put(f.name(), finite(f.promised().applyAsDouble(latency))));
    return json;
  }

  private static JsonObject spread(Spread spread) {
    var json = new JsonObject();
    FIGURES.forEach(f -> json.put(f.name(), finite(f.seen().applyAsDouble(spread))));
    return json.put("most", spread.most());
  }

  private static @Nullable Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }
}
