package io.penstock.gateway.report;

import io.penstock.gateway.page.Chart;
import io.penstock.gateway.page.Style;
import io.penstock.planner.report.Report;
import io.penstock.planner.size.Show;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A report as one page that needs nothing beside it, on a screen and on paper. */
public final class ReportHtml {
  private static final int HOURS = 24;
  private static final int POOLS_DRAWN = 5;

  /** What a browser is to allow this page: its own style, and nothing else. */
  public static final String POLICY =
      "default-src 'none'; style-src 'sha256-"
          + sha256(Style.PAGE)
          + "'; base-uri 'none';"
          + " form-action 'none'; frame-ancestors 'none'";

  private final StringBuilder page = new StringBuilder();

  private ReportHtml() {}

  private static String sha256(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException everyJdkHasIt) {
      throw new IllegalStateException(everyJdkHasIt);
    }
  }

  /** The report. */
  public static String of(Report report) {
    var html = new ReportHtml();
    html.page
        .append("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">")
        .append("<meta name=\"viewport\" content=\"width=device-width\">")
        .append("<title>Capacity report</title><style>")
        .append(Style.PAGE)
        .append("</style>\n");
    html.report(report);
    return html.page.append("</html>\n").toString();
  }

  private void report(Report report) {
    tag("h1", "", "Capacity report");
    tag(
        "p",
        "quiet",
        ReportText.time(report.fromEpochSeconds())
            + " to "
            + ReportText.time(report.toEpochSeconds())
            + ", UTC");
    summary(report);
    recommendations(report.recommendations());
    requests(report);
    lengths(report);
    report.pools().forEach(this::pool);
    traffic("Tiers", report.byTier());
    traffic("Complexity", report.byComplexity());
    traffic("Tenants", report.byTenant());
  }

  private void summary(Report report) {
    var all = report.all();
    String text =
        String.format(
            Locale.ROOT,
            "%,d requests, %s answered; %s, %s a request",
            all.requests(),
            Show.percent(ReportText.answered(all)),
            Show.usd(all.usd()),
            Show.usd(all.usdPerRequest()));
    tag("p", "", text);
    var costs = report.costs();
    if (!Double.isNaN(costs.allToApiUsd())) {
      tag(
          "p",
          costs.savedUsd() > 0 ? "yes" : "no",
          "All of it at "
              + costs.provider()
              + " would have cost "
              + Show.usd(costs.allToApiUsd())
              + ": "
              + Show.usd(costs.savedUsd())
              + " saved, "
              + Show.usd(costs.sparedUsd())
              + " of it by kept answers");
    }
  }

  private void recommendations(List<Report.Recommendation> all) {
    tag("h2", "", "Recommendations");
    if (all.isEmpty()) {
      tag("p", "yes", "None: every pool has what its traffic needs.");
      return;
    }
    head("What", "Why", "Effect", "USD/month");
    for (var advice : all) {
      cells(
          List.of(
              advice.what(),
              advice.why(),
              advice.effect(),
              ReportText.perMonth(advice.usdPerMonth())),
          3);
    }
    page.append("</table>\n");
  }

  private void requests(Report report) {
    var byHour = report.requestsByHour();
    if (byHour.size() < 2) {
      return;
    }
    tag("h2", "", "Requests by the hour");
    double first = byHour.keySet().stream().mapToDouble(hour -> hour).min().orElse(0);
    double last = byHour.keySet().stream().mapToDouble(hour -> hour).max().orElse(0);
    double most = byHour.values().stream().mapToDouble(count -> count).max().orElse(1);
    var chart =
        Chart.plot(
            "Requests by the hour",
            Math.max(1, last - first),
            hours -> Show.number(hours) + " h",
            "hours since the first",
            1.05 * Math.max(1, most),
            Show::number);
    int count = (int) (last - first) + 1;
    var words = new ArrayList<String>();
    int next = 0;
    hourly(chart, byHour, (long) first, count, Chart.COLOURS.get(next));
    words.addAll(List.of(Chart.COLOURS.get(next), "all"));
    for (var pool : report.pools().stream().limit(POOLS_DRAWN).toList()) {
      String colour = Chart.COLOURS.get(++next % Chart.COLOURS.size());
      hourly(chart, pool.requestsByHour(), (long) first, count, colour);
      words.addAll(List.of(colour, pool.traffic().name()));
    }
    chart.legend(words.toArray(String[]::new));
    page.append("<div class=\"charts\"><div class=\"chart\">")
        .append(chart.end())
        .append("</div></div>\n");
  }

  private static void hourly(
      Chart chart, Map<Long, Long> byHour, long first, int count, String colour) {
    double[] across = new double[count];
    double[] up = new double[count];
    for (int i = 0; i < count; i++) {
      across[i] = i;
      up[i] = byHour.getOrDefault(first + i, 0L);
    }
    chart.line(across, up, colour, "none");
  }

  private void lengths(Report report) {
    if (report.promptLengths().isEmpty()) {
      return;
    }
    tag("h2", "", "Lengths");
    page.append("<div class=\"charts\">");
    lengths("Prompts by tokens", report.promptLengths());
    lengths("Answers by tokens", report.completionLengths());
    page.append("</div>\n");
  }

  /** A step for each class; the classes double. What reaches the top would be cut off there. */
  private void lengths(String title, List<Report.Bin> bins) {
    double most = bins.stream().mapToDouble(Report.Bin::count).max().orElse(1);
    int size = Math.max(4, (bins.size() + 3) / 4 * 4);
    var chart =
        Chart.plot(
            title,
            size,
            power -> Show.number(Math.pow(2, power - 1)),
            "tokens, each class twice the one before",
            1.05 * Math.max(1, most),
            Show::number);
    double[] across = new double[2 * bins.size() + 2];
    double[] up = new double[across.length];
    for (int i = 0; i < bins.size(); i++) {
      across[2 * i + 1] = i;
      across[2 * i + 2] = i + 1;
      up[2 * i + 1] = bins.get(i).count();
      up[2 * i + 2] = bins.get(i).count();
    }
    across[across.length - 1] = bins.size();
    chart.line(across, up, Chart.COLOURS.get(0), "none");
    page.append("<div class=\"chart\"><h3>").append(Chart.escape(title)).append("</h3>");
    page.append(chart.end()).append("</div>");
  }

  /** Latency beside what is promised. */
  private void latency(Report.Pool pool) {
    var traffic = pool.traffic();
    head("Latency", "p50", "p95", "p99", "promised to 95 %", "kept by");
    latency("to the first token", traffic.ttft(), promise(pool, "ttft"));
    latency("per token after it", traffic.tpot(), promise(pool, "tpot"));
    latency("whole answer", traffic.total(), Optional.empty());
    page.append("</table>\n");
  }

  private void latency(String name, Report.Spread of, Optional<Report.Promise> promise) {
    cells(
        List.of(
            name,
            ReportText.seconds(of.p50()),
            ReportText.seconds(of.p95()),
            ReportText.seconds(of.p99()),
            promise.map(kept -> Show.seconds(kept.seconds())).orElse("–"),
            promise.map(kept -> Show.percent(kept.share())).orElse("–")),
        1);
  }

  private static Optional<Report.Promise> promise(Report.Pool pool, String metric) {
    return pool.promises().stream()
        .filter(promise -> promise.name().startsWith(metric))
        .findFirst();
  }

  private void changes(List<Report.Change> changes) {
    if (changes.isEmpty()) {
      return;
    }
    tag("h3", "", "What would change the plan");
    head("With", "Replicas in the busiest hour", "USD/month");
    for (var change : changes) {
      cells(
          List.of(
              change.when(),
              String.valueOf(change.replicas()),
              ReportText.perMonth(change.usdPerMonth())),
          1);
    }
    page.append("</table>\n");
  }

  private void pool(Report.Pool pool) {
    var traffic = pool.traffic();
    tag("h2", "", "Pool " + traffic.name());
    tag(
        "p",
        "",
        String.format(
            Locale.ROOT,
            "%,d requests, %s, %s a request",
            traffic.requests(),
            Show.usd(traffic.usd()),
            Show.usd(traffic.usdPerRequest())));
    for (var promise : pool.promises()) {
      tag("p", promise.kept() ? "yes" : "no", ReportText.promise(promise));
    }
    latency(pool);
    var hardware = pool.hardware();
    if (hardware != null) {
      ReportText.hardware(hardware).forEach(line -> tag("p", "", line));
      page.append("<div class=\"charts\">");
      day(
          "Requests a second in busy minutes, by hour of the day (UTC)",
          hardware.busyByHour(),
          hardware.sloPerSecond(),
          "all replicas within the SLO");
      day(
          "Replicas that are needed, by hour of the day (UTC)",
          hardware.neededByHour().stream().map(Integer::doubleValue).toList(),
          hardware.replicas(),
          "replicas there are");
      page.append("</div>\n");
      changes(hardware.changes());
    }
  }

  private void day(String title, List<Double> byHour, double limit, String limitName) {
    double most = byHour.stream().mapToDouble(each -> each).max().orElse(0);
    // A limit far above the load would flatten it.
    double top = limit < 4 * most ? Math.max(most, limit) : most;
    var chart =
        Chart.plot(
            title,
            HOURS,
            hour -> Show.number(hour) + ":00",
            "",
            Math.max(top, 0.01) * 1.05,
            Show::number);
    double[] across = new double[2 * HOURS];
    double[] up = new double[2 * HOURS];
    for (int hour = 0; hour < HOURS; hour++) {
      across[2 * hour] = hour;
      across[2 * hour + 1] = hour + 1;
      up[2 * hour] = byHour.get(hour);
      up[2 * hour + 1] = byHour.get(hour);
    }
    chart.line(across, up, Chart.COLOURS.get(0), "none");
    chart.line(new double[] {0, HOURS}, new double[] {limit, limit}, Chart.LIMIT, "5 4");
    page.append("<div class=\"chart\"><h3>").append(Chart.escape(title)).append("</h3>");
    page.append(chart.end());
    page.append("<p class=\"quiet\">dashed: ")
        .append(Chart.escape(limitName + ", " + Show.number(limit)))
        .append("</p></div>");
  }

  private void traffic(String title, List<Report.Traffic> rows) {
    tag("h2", "", title);
    head(
        "",
        "Requests",
        "Answered",
        "Prompt tokens",
        "Answer tokens",
        "TTFT p50 / p95",
        "TPOT p50 / p95",
        "USD",
        "USD/request");
    for (var row : rows) {
      cells(
          List.of(
              row.name(),
              String.format(Locale.ROOT, "%,d", row.requests()),
              Show.percent(ReportText.answered(row)),
              Show.number(row.promptTokens().mean()),
              Show.number(row.completionTokens().mean()),
              ReportText.seconds(row.ttft().p50()) + " / " + ReportText.seconds(row.ttft().p95()),
              ReportText.seconds(row.tpot().p50()) + " / " + ReportText.seconds(row.tpot().p95()),
              Show.usd(row.usd()),
              Show.usd(row.usdPerRequest())),
          1);
    }
    page.append("</table>\n");
  }

  private void head(String... names) {
    page.append("<table><thead><tr>");
    for (String name : names) {
      page.append("<th>").append(Chart.escape(name)).append("</th>");
    }
    page.append("</tr></thead>\n");
  }

  /** A row whose cells are figures from {@code figures} on. */
  private void cells(List<String> values, int figures) {
    page.append("<tr>");
    for (int i = 0; i < values.size(); i++) {
      page.append(i >= figures ? "<td class=\"v\">" : "<td>")
          .append(Chart.escape(values.get(i)))
          .append("</td>");
    }
    page.append("</tr>\n");
  }

  private void tag(String name, String kind, String text) {
    page.append('<').append(name);
    if (!kind.isEmpty()) {
      page.append(" class=\"").append(kind).append('"');
    }
    page.append('>').append(Chart.escape(text)).append("</").append(name).append(">\n");
  }
}
