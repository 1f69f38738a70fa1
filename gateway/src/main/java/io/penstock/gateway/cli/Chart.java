package io.penstock.gateway.cli;

import io.penstock.planner.capacity.Prediction;
import io.penstock.planner.size.Bound;
import io.penstock.planner.size.Ledger;
import io.penstock.planner.size.LoadCurve;
import io.penstock.planner.size.Plan;
import io.penstock.planner.size.Requirement;
import io.penstock.planner.size.Show;
import io.penstock.planner.size.Sized;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.stream.Stream;

/** Drawings as SVG text. */
final class Chart {
  private static final int WIDTH = 460;
  private static final int HEIGHT = 220;
  private static final int LEFT = 62;
  private static final int RIGHT = 14;
  private static final int TOP = 14;
  private static final int BOTTOM = 34;
  private static final int BARS = 12;
  private static final String[] COLOURS = {
    "#2f5d8c", "#d98a29", "#4f9a6b", "#c9d6e3", "#8b8f96", "#a3455b"
  };

  private final StringBuilder svg = new StringBuilder();

  private Chart(int height) {
    add("<svg viewBox=\"0 0 %d %d\" role=\"img\">".formatted(WIDTH, height));
  }

  private String end() {
    return svg.append("</svg>").toString();
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  // ---- a stacked bar

  static String stack(Ledger ledger, DoubleFunction<String> unit) {
    var entries = ledger.entries().stream().filter(entry -> entry.amount() > 0).toList();
    var chart = new Chart(44 + 18 * entries.size());
    double scale = (WIDTH - 2.0) / ledger.total();
    double x = 1;
    for (int i = 0; i < entries.size(); i++) {
      double width = entries.get(i).amount() * scale;
      chart.box(x, 4, width, 26, COLOURS[i % COLOURS.length]);
      x += width;
    }
    for (int i = 0; i < entries.size(); i++) {
      var entry = entries.get(i);
      double y = 50 + 18 * i;
      chart.box(1, y - 9, 10, 10, COLOURS[i % COLOURS.length]);
      String share = Show.percent(entry.amount() / ledger.total());
      chart.text(18, y, "start", entry.name() + ", " + unit.apply(entry.amount()) + ", " + share);
    }
    return chart.end();
  }

  // ---- latency against load

  static String latency(Sized sized, Requirement requirement) {
    var curve = LoadCurve.of(sized, 60);
    var bounds = requirement.slo();
    var metric = bounds.isEmpty() ? Bound.Metric.TOTAL : bounds.getLast().metric();
    var slo = bounds.isEmpty() ? 0 : bounds.getLast().seconds();
    var bound = new Bound(metric, Bound.Percentile.P95, 1);
    double first = bound.of(curve.points().getFirst().prediction());
    double top = Math.max(slo * 1.3, first * 4);
    double right = curve.points().getLast().requestsPerSecond();
    var chart = new Chart(HEIGHT);
    chart.axes(0, right, 0, top, "requests/s", Show::seconds);
    chart.line(curve.points(), right, top, Bound.Percentile.P95, metric, COLOURS[0]);
    chart.line(curve.points(), right, top, Bound.Percentile.P50, metric, COLOURS[2]);
    if (slo > 0) {
      double y = y(slo, top);
      chart.stroke(LEFT, y, WIDTH - RIGHT, y, "#a3231b", "5 4");
      chart.text(LEFT + 6, y - 4, "start", bounds.getLast().name() + " " + Show.seconds(slo));
    }
    double share = sized.atPeak().requestsPerSecond();
    double x = x(Math.min(share, right), right);
    chart.stroke(x, TOP, x, HEIGHT - BOTTOM, "#5b6675", "2 3");
    chart.text(Math.min(x + 4, WIDTH - 90), TOP + 8, "start", "share of the peak");
    chart.text(
        WIDTH - RIGHT, HEIGHT - BOTTOM - 6, "end", "blue: p95, green: p50 of " + name(metric));
    return chart.end();
  }

  private static String name(Bound.Metric metric) {
    return metric.name().toLowerCase(Locale.ROOT);
  }

  private void line(
      List<LoadCurve.Point> points,
      double right,
      double top,
      Bound.Percentile percentile,
      Bound.Metric metric,
      String colour) {
    var bound = new Bound(metric, percentile, 1);
    var path = new StringBuilder();
    for (var point : points) {
      Prediction prediction = point.prediction();
      double value = bound.of(prediction);
      path.append(path.isEmpty() ? 'M' : 'L')
          .append(round(x(point.requestsPerSecond(), right)))
          .append(' ')
          .append(round(y(Math.min(value, top), top)));
      if (!(value < top)) {
        break;
      }
    }
    add("<path d=\"" + path + "\" fill=\"none\" stroke=\"" + colour + "\" stroke-width=\"2\"/>");
  }

  // ---- cost by GPU

  static String costs(Plan plan) {
    var cheapest = new LinkedHashMap<String, Sized>();
    all(plan)
        .sorted(Comparator.comparingDouble(sized -> sized.cost().usdPerMonth()))
        .forEach(sized -> cheapest.putIfAbsent(sized.deployment().gpu().name(), sized));
    var shown = new ArrayList<>(cheapest.values());
    shown.subList(Math.min(BARS, shown.size()), shown.size()).clear();
    if (shown.isEmpty()) {
      return "<p class=\"quiet\">No hardware keeps the SLO.</p>";
    }
    var chart = new Chart(18 * shown.size() + 8);
    double most = shown.getLast().cost().usdPerMonth();
    for (int i = 0; i < shown.size(); i++) {
      var sized = shown.get(i);
      double y = 4 + 18 * i;
      boolean chosen = plan.chosen().filter(sized::equals).isPresent();
      chart.text(92, y + 11, "end", sized.deployment().gpu().name());
      double width = 210 * sized.cost().usdPerMonth() / most;
      chart.box(98, y, width, 14, COLOURS[chosen ? 1 : 0]);
      String what = sized.replicas().total() + " x " + sized.deployment().tensorParallel();
      chart.text(104 + width, y + 11, "start", Show.usd(sized.cost().usdPerMonth()) + ", " + what);
    }
    return chart.end();
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

  static String front(Plan plan) {
    var front = plan.front();
    if (front.isEmpty()) {
      return "<p class=\"quiet\">No hardware keeps the SLO.</p>";
    }
    double right = front.getLast().cost().usdPerMonth() * 1.25;
    double top = front.getFirst().atPeak().total().p95() * 1.25;
    var chart = new Chart(HEIGHT);
    chart.axes(0, right, 0, top, "USD a month", Show::seconds);
    all(plan)
        .filter(s -> s.cost().usdPerMonth() <= right && s.atPeak().total().p95() <= top)
        .forEach(sized -> chart.dot(sized, right, top, 2.5, "#a9b4c0"));
    var path = new StringBuilder();
    for (var sized : front) {
      path.append(path.isEmpty() ? 'M' : 'L')
          .append(round(x(sized.cost().usdPerMonth(), right)))
          .append(' ')
          .append(round(y(sized.atPeak().total().p95(), top)));
    }
    chart.add("<path d=\"" + path + "\" fill=\"none\" stroke=\"" + COLOURS[0] + "\"/>");
    double labelled = Double.NEGATIVE_INFINITY;
    for (var sized : front) {
      chart.dot(sized, right, top, 4, COLOURS[0]);
      double x = x(sized.cost().usdPerMonth(), right);
      if (x - labelled > 70) {
        labelled = x;
        chart.text(
            Math.min(x + 6, WIDTH - 60),
            y(sized.atPeak().total().p95(), top) - 6,
            "start",
            sized.deployment().tensorParallel() + " " + sized.deployment().gpu().name());
      }
    }
    return chart.end();
  }

  private void dot(Sized sized, double right, double top, double radius, String colour) {
    add(
        "<circle cx=\"%s\" cy=\"%s\" r=\"%s\" fill=\"%s\"/>"
            .formatted(
                round(x(sized.cost().usdPerMonth(), right)),
                round(y(sized.atPeak().total().p95(), top)),
                round(radius),
                colour));
  }

  // ---- what all have

  private void axes(
      double left,
      double right,
      double low,
      double high,
      String name,
      DoubleFunction<String> unit) {
    for (int i = 0; i <= 4; i++) {
      double y = y(low + (high - low) * i / 4, high);
      stroke(LEFT, y, WIDTH - RIGHT, y, "#e3e8ee", "none");
      text(LEFT - 6, y + 4, "end", unit.apply(low + (high - low) * i / 4));
      double value = left + (right - left) * i / 4;
      text(x(value, right), HEIGHT - BOTTOM + 15, i == 4 ? "end" : "middle", Show.number(value));
    }
    text(WIDTH - RIGHT, HEIGHT - 5, "end", name);
  }

  private static double x(double value, double right) {
    return LEFT + (WIDTH - LEFT - RIGHT) * value / right;
  }

  private static double y(double value, double top) {
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top;
  }

  private void box(double x, double y, double width, double height, String colour) {
    add(
        "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" fill=\"%s\"/>"
            .formatted(round(x), round(y), round(width), round(height), colour));
  }

  private void stroke(double x, double y, double toX, double toY, String colour, String dashes) {
    add(
        "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" stroke=\"%s\" stroke-dasharray=\"%s\"/>"
            .formatted(round(x), round(y), round(toX), round(toY), colour, dashes));
  }

  private void text(double x, double y, String anchor, String text) {
    add(
        "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\">%s</text>"
            .formatted(round(x), round(y), anchor, escape(text)));
  }

  private void add(String element) {
    svg.append(element);
  }

  private static String round(double value) {
    return String.format(Locale.ROOT, "%.1f", value);
  }
}
