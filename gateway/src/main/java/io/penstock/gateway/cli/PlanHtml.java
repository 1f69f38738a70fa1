package io.penstock.gateway.cli;

import static io.penstock.gateway.cli.PlanCharts.stack;

import io.penstock.config.scenario.Planned;
import io.penstock.config.scenario.Planned.Judged;
import io.penstock.config.scenario.Planned.PoolPlan;
import io.penstock.config.scenario.Scenario;
import io.penstock.gateway.page.Chart;
import io.penstock.gateway.page.Style;
import io.penstock.planner.scenario.Figure;
import io.penstock.planner.size.Explanation;
import io.penstock.planner.size.Ledger;
import io.penstock.planner.size.Plan;
import io.penstock.planner.size.Show;
import io.penstock.planner.size.Sized;
import java.util.List;
import java.util.function.UnaryOperator;

/** Plans and verdicts as one page that needs nothing beside it, on a screen and on paper. */
final class PlanHtml {
  private final StringBuilder page = new StringBuilder();

  private PlanHtml() {}

  /** The page. */
  static String of(List<Planned> all) {
    var html = new PlanHtml();
    html.page
        .append("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">")
        .append(
            "<meta name=\"viewport\" content=\"width=device-width\"><title>Capacity"
                + " plan</title><style>")
        .append(Style.PAGE)
        .append("</style>\n");
    all.forEach(html::scenario);
    return html.page.append("</html>\n").toString();
  }

  private void scenario(Planned planned) {
    tag("h1", "", planned.scenario().name());
    tag(
        "p",
        planned.met() ? "yes" : "no",
        (planned.met()
                ? "Every pool can be had as asked: "
                : "No plan meets all of this; nearest: ")
            + Show.usd(planned.usdPerMonth())
            + " a month, "
            + Show.usd(planned.blendedPerRequest())
            + " a request");
    if (!planned.scenario().source().isEmpty()) {
      tag("p", "quiet", "Source " + planned.scenario().source());
    }
    planned.pools().forEach(this::pool);
    if (!planned.claims().isEmpty()) {
      claims(planned.claims());
    }
    given(planned.scenario().given());
  }

  private void given(List<Scenario.Given> given) {
    if (!given.isEmpty()) {
      tag("h2", "", "Taken as given");
      page.append("<table class=\"facts\">");
      given.forEach(each -> row(each.what(), each.text()));
      page.append("</table>\n");
    }
  }

  private void pool(PoolPlan pool) {
    String kind = pool.wish().candidate() ? "Candidate " : "Pool ";
    tag("h2", "", kind + pool.wish().name());
    pool.bought().ifPresent(bought -> tag("p", "", PlanText.bought(bought)));
    pool.plan().ifPresent(this::plan);
  }

  private void plan(Plan plan) {
    tag("p", plan.met() ? "yes" : "no", plan.answer());
    plan.relax().forEach(line -> tag("p", "quiet", "Relax " + line));
    plan.chosen().ifPresent(sized -> sized(plan, sized));
    alternatives(plan);
  }

  private void sized(Plan plan, Sized sized) {
    var replicas = sized.replicas();
    var cost = sized.cost();
    page.append("<table class=\"facts\">");
    if (plan.withoutSlo()) {
      row("below", "as if nothing were promised: " + sized.label());
    }
    row("Replicas", replicas.text() + "; " + sized.gpus() + " GPUs");
    if (replicas.spot() > 0) {
      row("On spot", PlanText.spot(sized));
    }
    row("Binds", sized.constraint().word() + ": " + sized.constraint().meaning());
    row(
        "One replica",
        Show.number(sized.sustainablePerSecond())
            + " requests/s within the SLO, "
            + Show.number(sized.saturationPerSecond())
            + " at most; utilisation "
            + Show.percent(sized.utilisation()));
    row("At the peak", PlanText.latency(sized.atPeak()));
    row(
        "Cost",
        Show.usd(cost.usdPerMonth())
            + " a month; a request "
            + Show.usd(cost.provisionedPerRequest())
            + " provisioned, "
            + Show.usd(cost.loadedPerRequest())
            + " fully loaded; 1M tokens "
            + Show.usd(cost.provisionedPerMillionTokens())
            + " and "
            + Show.usd(cost.loadedPerMillionTokens()));
    cost.api()
        .ifPresent(api ->
            row(
                "By the token",
                Show.usd(api.usdPerMonth())
                    + " a month; break-even "
                    + (api.breakEvenUtilisation() <= 1
                        ? "at " + Show.percent(api.breakEvenUtilisation()) + " utilisation"
                        : "never")));
    plan.growth()
        .forEach(growth ->
            row(
                Show.number(growth.factor()) + "x the traffic",
                growth.same().replicas().total()
                    + " replicas, "
                    + Show.usd(growth.same().cost().usdPerMonth())
                    + " a month; the cheapest is "
                    + growth.cheapest().label()
                    + " for "
                    + Show.usd(growth.cheapest().cost().usdPerMonth())));
    plan.phases()
        .forEach(phase ->
            row(
                "Phase " + phase.name(),
                Show.percent(phase.trafficShare())
                    + " of the traffic: "
                    + phase.sized().replicas().total()
                    + " replicas, "
                    + Show.usd(phase.sized().cost().usdPerMonth())
                    + " a month"));
    page.append("</table><div class=\"charts\">");
    chart("Memory of one GPU", name -> stack(name, Ledger.memory(sized), Show::gigabytes));
    chart("One decode step at the peak", name -> stack(name, Ledger.step(sized), Show::seconds));
    for (var bound : PlanCharts.promised(plan.requirement())) {
      chart(PlanCharts.latencyTitle(bound), _ -> PlanCharts.latency(sized, bound));
    }
    chart("Cost a month by GPU, cheapest that keeps the SLO", name -> PlanCharts.costs(name, plan));
    chart(
        "Cost against p95 of a request; the line: the best", name -> PlanCharts.front(name, plan));
    chart("Cost a month as traffic grows", name -> PlanCharts.growth(name, sized));
    page.append("</div><details><summary>Every figure's formula</summary><table class=\"facts\">");
    Explanation.of(sized).forEach(line -> row(line.name(), line.formula() + " = " + line.value()));
    page.append("</table></details>\n");
  }

  private void alternatives(Plan plan) {
    var possible =
        plan.alternatives().stream()
            .filter(lost -> lost.outcome() instanceof Sized)
            .limit(10)
            .toList();
    if (possible.isEmpty()) {
      return;
    }
    tag("h3", "", "What else was looked at");
    page.append(
        "<table><tr><th>hardware<th class=\"n\">replicas<th class=\"n\">a month<th>why it"
            + " lost</tr>");
    for (var lost : possible) {
      var sized = (Sized) lost.outcome();
      page.append("<tr>");
      tag("td", "", sized.label());
      tag("td", "n", String.valueOf(sized.replicas().total()));
      tag("td", "n", Show.usd(sized.cost().usdPerMonth()));
      tag("td", "", lost.why());
      page.append("</tr>");
    }
    page.append("</table>\n");
  }

  private void claims(List<Judged> claims) {
    tag("h2", "", "What the source claims: " + PlanText.tally(claims));
    page.append(
        "<table><tr><th>verdict<th>claim<th class=\"n\">source<th>its own figures<th"
            + " class=\"n\">Penstock<th>why</tr>");
    for (var judged : claims) {
      page.append("<tr>");
      tag("td", judged.verdict().word().equals("holds") ? "yes" : "no", judged.verdict().word());
      tag("td", "", PlanText.name(judged));
      tag("td", "n", PlanText.says(judged.claim()));
      tag("td", "", PlanText.arithmetic(judged).orElse(""));
      var own = judged.verdict().own().or(judged::beside);
      tag("td", "n", own.map(Figure::value).map(Show::number).orElse(""));
      tag("td", "", PlanText.because(judged.verdict()));
      page.append("</tr>");
    }
    page.append("</table>\n");
  }

  private void chart(String title, UnaryOperator<String> svg) {
    page.append("<div class=\"chart\">");
    tag("h3", "", title);
    page.append(svg.apply(title)).append("</div>\n");
  }

  private void row(String name, String value) {
    page.append("<tr>");
    tag("th", "", name);
    tag("td", "", value);
    page.append("</tr>");
  }

  private void tag(String tag, String css, String text) {
    page.append('<').append(tag);
    if (!css.isEmpty()) {
      page.append(" class=\"").append(css).append('"');
    }
    page.append('>').append(Chart.escape(text)).append("</").append(tag).append('>');
  }
}
