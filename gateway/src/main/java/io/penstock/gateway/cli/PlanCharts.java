package io.penstock.gateway.cli;

import io.penstock.gateway.page.Chart;
import io.penstock.planner.size.Bound;
import io.penstock.planner.size.Bound.Metric;
import io.penstock.planner.size.Bound.Percentile;
import io.penstock.planner.size.Ledger;
import io.penstock.planner.size.LoadCurve;
import io.penstock.planner.size.Plan;
import io.penstock.planner.size.Requirement;
import io.penstock.planner.size.Show;
import io.penstock.planner.size.Sized;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleFunction;
import java.util.stream.Stream;

/** The drawings of a plan. */
final class PlanCharts {
  private static final int POINTS = 60;
  private static final int BARS = 12;
  private static final double GROWTH = 10;

  private PlanCharts() {}

  // ---- a stacked bar

  static String stack(String name, Ledger ledger, DoubleFunction<String> unit) {
    var entries = ledger.entries().stream().filter(entry -> entry.amount() > 0).toList();
    var chart = Chart.free(44 + 18 * entries.size(), name);
    double scale = (Chart.WIDTH - 2.0) / ledger.total();
    double x = 1;
    for (int i = 0; i < entries.size(); i++) {
      var entry = entries.get(i);
      String colour = Chart.COLOURS.get(i % Chart.COLOURS.size());
      chart.box(x, 4, entry.amount() * scale, 26, colour);
      x += entry.amount() * scale;
      double y = 50 + 18 * i;
      chart.box(1, y - 9, 10, 10, colour);
      String share = Show.percent(entry.amount() / ledger.total());
      chart.text(18, y, "start", entry.name() + ", " + unit.apply(entry.amount()) + ", " + share);
    }
    return chart.end();
  }

  // ---- latency against load

  /** What the requirement promises; the p95 of a whole request where it promises nothing. */
  static List<Bound> promised(Requirement requirement) {
    return requirement.slo().isEmpty()
        ? List.of(new Bound(Metric.TOTAL, Percentile.P95, Double.MAX_VALUE))
        : requirement.slo();
  }

  static String latencyTitle(Bound bound) {
    String metric =
        switch (bound.metric()) {
          case TTFT -> "Time to the first token";
          case TPOT -> "Time per token";
          case TOTAL -> "Time of a whole request";
        };
    return metric + " of one replica against its load";
  }

  static String latency(Sized sized, Bound bound) {
    var points = LoadCurve.of(sized, POINTS).points();
    boolean promised = bound.seconds() < Double.MAX_VALUE;
    double first = bound.of(points.getFirst().prediction());
    double highest = bound.of(points.getLast().prediction());
    double top = Math.max(promised ? bound.seconds() * 1.25 : 0, Math.min(highest, first * 4));
    var beside = bound.percentile() == Percentile.P50 ? Percentile.P95 : Percentile.P50;
    double[] rates = points.stream().mapToDouble(LoadCurve.Point::requestsPerSecond).toArray();
    var chart =
        Chart.plot(
            latencyTitle(bound),
            rates[rates.length - 1],
            Show::number,
            "requests/s of one replica",
            top,
            Show::seconds);
    chart.line(rates, values(points, bound), Chart.COLOURS.get(0), "none");
    var other = new Bound(bound.metric(), beside, 1);
    chart.line(rates, values(points, other), Chart.COLOURS.get(2), "none");
    String word = word(bound.percentile());
    if (promised) {
      chart.level(bound.seconds(), Chart.LIMIT, "5 4");
      chart.legend(
          Chart.COLOURS.get(0),
          word,
          Chart.COLOURS.get(2),
          word(beside),
          Chart.LIMIT,
          "-SLO: " + word + " " + Show.seconds(bound.seconds()));
    } else {
      chart.legend(Chart.COLOURS.get(0), word, Chart.COLOURS.get(2), word(beside));
    }
    chart.mark(sized.atPeak().requestsPerSecond(), "share of the peak");
    return chart.end();
  }

  private static double[] values(List<LoadCurve.Point> points, Bound bound) {
    return points.stream().mapToDouble(point -> bound.of(point.prediction())).toArray();
  }

  private static String word(Percentile percentile) {
    return percentile.name().toLowerCase(Locale.ROOT);
  }

  // ---- cost by GPU

  static String costs(String name, Plan plan) {
    var cheapest = new LinkedHashMap<String, Sized>();
    all(plan)
        .sorted(Comparator.comparingDouble(PlanCharts::usd))
        .forEach(sized -> cheapest.putIfAbsent(sized.deployment().gpu().name(), sized));
    var shown = new ArrayList<>(cheapest.values());
    shown.subList(Math.min(BARS, shown.size()), shown.size()).clear();
    if (shown.isEmpty()) {
      return "<p class=\"quiet\">No hardware keeps the SLO.</p>";
    }
    var chart = Chart.free(18 * shown.size() + 8, name);
    double most = usd(shown.getLast());
    for (int i = 0; i < shown.size(); i++) {
      var sized = shown.get(i);
      double y = 4 + 18 * i;
      boolean chosen = plan.chosen().filter(sized::equals).isPresent();
      chart.text(92, y + 11, "end", sized.deployment().gpu().name());
      double width = 210 * usd(sized) / most;
      chart.box(98, y, width, 14, Chart.COLOURS.get(chosen ? 1 : 0));
      String what = sized.replicas().total() + " x " + sized.deployment().tensorParallel();
      chart.text(104 + width, y + 11, "start", Show.usd(usd(sized)) + ", " + what);
    }
    return chart.end();
  }

  private static double usd(Sized sized) {
    return sized.cost().usdPerMonth();
  }

  private static Stream<Sized> all(Plan plan) {
    return Stream.concat(
        plan.withoutSlo() ? Stream.empty() : plan.chosen().stream(),
        plan.alternatives().stream()
            .map(Plan.Alternative::outcome)
            .filter(Sized.class::isInstance)
            .map(Sized.class::cast));
  }

  // ---- the Pareto front

  static String front(String name, Plan plan) {
    var front = plan.front();
    if (front.isEmpty()) {
      return "<p class=\"quiet\">No hardware keeps the SLO.</p>";
    }
    var chart =
        Chart.plot(
            name,
            usd(front.getLast()) * 1.1,
            Show::roundUsd,
            "a month",
            total(front.getFirst()) * 1.15,
            Show::seconds);
    all(plan)
        .filter(sized -> usd(sized) <= chart.right() && total(sized) <= chart.top())
        .forEach(sized -> chart.dot(usd(sized), total(sized), 2.5, "#a9b4c0"));
    double[] across = front.stream().mapToDouble(PlanCharts::usd).toArray();
    chart.line(
        across,
        front.stream().mapToDouble(PlanCharts::total).toArray(),
        Chart.COLOURS.get(0),
        "none");
    for (int i = 0; i < front.size(); i++) {
      var sized = front.get(i);
      chart.dot(usd(sized), total(sized), 4, Chart.COLOURS.get(0));
      boolean room = i == 0 || across[i] - across[i - 1] > chart.right() / 6;
      if (room) {
        String what = sized.deployment().tensorParallel() + " " + sized.deployment().gpu().name();
        chart.label(usd(sized), total(sized), what);
      }
    }
    return chart.end();
  }

  private static double total(Sized sized) {
    return sized.atPeak().total().p95();
  }

  // ---- growth

  /** What the month costs at up to ten times the traffic, beside the same work by the token. */
  static String growth(String name, Sized sized) {
    double[] usd = sized.usdPerMonthUpTo(GROWTH, POINTS);
    double[] times = new double[POINTS];
    Arrays.setAll(times, i -> GROWTH * (i + 1) / POINTS);
    Optional<Double> api = sized.cost().api().map(each -> each.usdPerMonth());
    double top = usd[POINTS - 1];
    var chart =
        Chart.plot(
            name,
            GROWTH,
            factor -> Show.number(factor) + "x",
            "the traffic asked for",
            Math.max(top, Math.min(api.orElse(0.0) * GROWTH, top * 1.5)) * 1.05,
            Show::roundUsd);
    chart.line(times, usd, Chart.COLOURS.get(0), "none");
    api.ifPresent(each ->
        chart.line(
            times,
            Arrays.stream(times).map(factor -> factor * each).toArray(),
            Chart.COLOURS.get(1),
            "none"));
    if (api.isPresent()) {
      chart.legend(Chart.COLOURS.get(0), "these replicas", Chart.COLOURS.get(1), "by the token");
    } else {
      chart.legend(Chart.COLOURS.get(0), "these replicas");
    }
    return chart.end();
  }
}
