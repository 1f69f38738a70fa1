package io.penstock.gateway.cli;

import io.penstock.config.scenario.Planned;
import io.penstock.config.scenario.Planned.PoolPlan;
import io.penstock.planner.size.Bound;
import io.penstock.planner.size.Rehearsal;
import io.penstock.planner.size.Show;
import io.penstock.planner.size.Sized;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Each pool of a plan tried out at its peak, in words and for programs. */
final class PlanRehearsal {
  private static final long SEED = 1;

  private PlanRehearsal() {}

  /** A line for each pool, and one for each of its promises. */
  static List<String> lines(Planned planned) {
    var lines = new ArrayList<String>(List.of("", "simulated at the peak, without the spares"));
    for (var pool : planned.pools()) {
      chosen(pool).forEach(sized -> lines.addAll(lines(pool, sized)));
    }
    return lines;
  }

  private static List<Sized> chosen(PoolPlan pool) {
    return pool.plan().flatMap(plan -> plan.chosen()).stream().toList();
  }

  private static List<String> lines(PoolPlan pool, Sized sized) {
    var lines = new ArrayList<String>();
    Rehearsal.of(sized, SEED)
        .ifPresentOrElse(
            tried -> {
              lines.add("  " + pool.wish().name() + ": " + verdict(tried));
              sized.requirement().slo().forEach(bound -> lines.add(promise(tried, bound)));
            },
            () ->
                lines.add(
                    "  "
                        + pool.wish().name()
                        + ": not simulated, it counts on prefix hits or speculation"));
    return lines;
  }

  private static String verdict(Rehearsal tried) {
    var seen = tried.seen();
    return String.format(
        Locale.ROOT,
        "%,d requests, replicas: %d; end to end %s in the mean (planned %s); %s",
        seen.ttft().count(),
        tried.sized().replicas().serving(),
        Show.seconds(seen.total().mean()),
        Show.seconds(tried.sized().atPeak().total().mean()),
        tried.sized().requirement().slo().isEmpty()
            ? "nothing is promised"
            : tried.holds() ? "every promise kept" : "a promise broken");
  }

  private static String promise(Rehearsal tried, Bound bound) {
    return String.format(
        Locale.ROOT,
        "    %-10s promised %s, planned %s, seen %s",
        bound.name(),
        Show.seconds(bound.seconds()),
        Show.seconds(bound.of(tried.sized().atPeak())),
        Show.seconds(tried.of(bound)));
  }

  /** The same for programs; pools that were not simulated are left out. */
  static JsonArray json(Planned planned) {
    var pools = new JsonArray();
    for (var pool : planned.pools()) {
      for (var sized : chosen(pool)) {
        Rehearsal.of(sized, SEED).ifPresent(tried -> pools.add(json(pool, tried)));
      }
    }
    return pools;
  }

  private static JsonObject json(PoolPlan pool, Rehearsal tried) {
    var bounds = new JsonArray();
    for (var bound : tried.sized().requirement().slo()) {
      bounds.add(
          new JsonObject()
              .put("bound", bound.name())
              .put("promised", bound.seconds())
              .put("planned", bound.of(tried.sized().atPeak()))
              .put("seen", tried.of(bound)));
    }
    return new JsonObject()
        .put("pool", pool.wish().name())
        .put("kept", tried.holds())
        .put("requests", tried.seen().ttft().count())
        .put("total_mean", tried.seen().total().mean())
        .put("bounds", bounds);
  }
}
