package io.penstock.gateway.report;

import io.penstock.planner.report.Report;
import io.penstock.planner.size.Show;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A report for a terminal. */
public final class ReportText {
  private final List<String> lines = new ArrayList<>();

  private ReportText() {}

  /** The report. */
  public static List<String> of(Report report) {
    var text = new ReportText();
    text.all(report);
    return text.lines;
  }

  private void all(Report report) {
    line(
        "Traffic from %s to %s (UTC)",
        time(report.fromEpochSeconds()), time(report.toEpochSeconds()));
    line("");
    table("by tier", report.byTier());
    table("by complexity", report.byComplexity());
    table("by tenant", report.byTenant());
    report.pools().forEach(this::pool);
    costs(report.costs());
    line("Recommendations");
    if (report.recommendations().isEmpty()) {
      line("  none: every pool has what its traffic needs");
    }
    for (var advice : report.recommendations()) {
      line("  %s: %s", advice.what(), perMonth(advice.usdPerMonth()));
      line("      %s; %s", advice.why(), advice.effect());
    }
  }

  static String time(double epochSeconds) {
    return Instant.ofEpochSecond((long) epochSeconds).toString();
  }

  static String perMonth(double usd) {
    return (usd < 0 ? "−" : "+") + Show.usd(Math.abs(usd)) + "/month";
  }

  private void table(String title, List<Report.Traffic> rows) {
    line(
        "  %-16s %10s %8s %8s %8s %9s %9s %10s %12s",
        title,
        "requests",
        "answered",
        "prompt",
        "answer",
        "TTFT p95",
        "TPOT p95",
        "USD",
        "USD/request");
    for (var row : rows) {
      line(
          "  %-16s %10d %8s %8s %8s %9s %9s %10s %12s",
          row.name(),
          row.requests(),
          Show.percent(answered(row)),
          Show.number(row.promptTokens().mean()),
          Show.number(row.completionTokens().mean()),
          seconds(row.ttft().p95()),
          seconds(row.tpot().p95()),
          Show.usd(row.usd()),
          Show.usd(row.usdPerRequest()));
    }
    line("");
  }

  static double answered(Report.Traffic row) {
    return row.outcomes().getOrDefault("answered", 0L) / (double) row.requests();
  }

  static String seconds(double value) {
    return Double.isNaN(value) ? "–" : Show.seconds(value);
  }

  private void pool(Report.Pool pool) {
    var traffic = pool.traffic();
    line(
        "Pool %s: %d requests, %s, %s a request",
        traffic.name(),
        traffic.requests(),
        Show.usd(traffic.usd()),
        Show.usd(traffic.usdPerRequest()));
    for (var promise : pool.promises()) {
      line("  %s", promise(promise));
    }
    var hardware = pool.hardware();
    if (hardware != null) {
      hardware(hardware).forEach(each -> line("  %s", each));
      line("  what would change the plan");
      hardware.changes().forEach(each -> line("    %s", change(each)));
    }
    line("");
  }

  static String promise(Report.Promise promise) {
    return String.format(
        Locale.ROOT,
        "%s within %s: %s of streams %s",
        promise.name(),
        Show.seconds(promise.seconds()),
        Show.percent(promise.share()),
        promise.kept() ? "(kept)" : "(BROKEN: 95 % were promised)");
  }

  static List<String> hardware(Report.Hardware of) {
    return List.of(
        of.replicas() + " × " + of.label() + ", " + Show.usd(of.fleetUsdPerMonth()) + " a month",
        String.format(
            Locale.ROOT,
            "%s requests/s within the SLO, %s at most; %s used on average; at the peak %s left",
            Show.number(of.sloPerSecond()),
            Show.number(of.saturationPerSecond()),
            Show.percent(of.utilisation()),
            Show.number(of.headroomPerSecond())),
        growth(of),
        String.format(
            Locale.ROOT,
            "predicted against observed: TTFT %s / %s%s, time per token %s / %s%s; by %s",
            seconds(of.ttftPredicted()),
            seconds(of.ttftObserved()),
            error(of.ttftError()),
            seconds(of.tpotPredicted()),
            seconds(of.tpotObserved()),
            error(of.tpotError()),
            of.samples() > 0
                ? "what " + of.samples() + " answers of live traffic showed"
                : "the catalogue's figures"));
  }

  private static String error(double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, " (%+.0f %%)", 100 * value) : "";
  }

  static String change(Report.Change change) {
    return String.format(
        Locale.ROOT,
        "%s: %d replicas in the busiest hour, %s",
        change.when(),
        change.replicas(),
        perMonth(change.usdPerMonth()));
  }

  static String growth(Report.Hardware of) {
    if (Double.isNaN(of.growthPerDay())) {
      return "growth: not known before three whole days";
    }
    if (Double.isInfinite(of.daysLeft())) {
      return "growth: none";
    }
    return String.format(
        Locale.ROOT,
        "growth: %s a day; at that the replicas are full in %s days",
        Show.percent(of.growthPerDay()),
        Show.number(of.daysLeft()));
  }

  private void costs(Report.Costs costs) {
    line("Cost: %s", Show.usd(costs.usd()));
    if (!Double.isNaN(costs.allToApiUsd())) {
      line(
          "  all of it at %s would have cost %s: %s saved, %s of it by kept answers",
          costs.provider(),
          Show.usd(costs.allToApiUsd()),
          Show.usd(costs.savedUsd()),
          Show.usd(costs.sparedUsd()));
    }
    line("");
  }

  @SuppressWarnings("AnnotateFormatMethod") // the annotation would be a dependency of its own
  private void line(String format, Object... values) {
    lines.add(String.format(Locale.ROOT, format, values).stripTrailing());
  }
}
