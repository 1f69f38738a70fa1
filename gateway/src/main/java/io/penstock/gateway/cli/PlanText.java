package io.penstock.gateway.cli;

import io.penstock.config.scenario.Planned;
import io.penstock.config.scenario.Planned.Judged;
import io.penstock.config.scenario.Planned.PoolPlan;
import io.penstock.planner.capacity.Prediction;
import io.penstock.planner.scenario.Claim;
import io.penstock.planner.scenario.Figure;
import io.penstock.planner.scenario.Verdict;
import io.penstock.planner.size.Explanation;
import io.penstock.planner.size.Ledger;
import io.penstock.planner.size.Plan;
import io.penstock.planner.size.Show;
import io.penstock.planner.size.Sized;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.stream.Collectors;

/** Plans and verdicts for a terminal. */
final class PlanText {
  private static final int ALTERNATIVES = 8;

  private final boolean explain;
  private final List<String> lines = new ArrayList<>();

  private PlanText(boolean explain) {
    this.explain = explain;
  }

  /** One scenario's lines. */
  static List<String> of(Planned planned, boolean explain) {
    var text = new PlanText(explain);
    text.scenario(planned);
    return text.lines;
  }

  private void scenario(Planned planned) {
    String source = planned.scenario().source();
    lines.add(planned.scenario().name() + (source.isEmpty() ? "" : " (" + source + ")"));
    planned.pools().forEach(this::pool);
    if (planned.pools().stream().filter(pool -> !pool.wish().candidate()).count() > 1) {
      lines.add("");
      lines.add(
          "all pools: "
              + Show.usd(planned.usdPerMonth())
              + " a month, "
              + Show.usd(planned.blendedPerRequest())
              + " a request");
    }
    if (!planned.claims().isEmpty()) {
      lines.add("");
      lines.add("claims");
      planned.claims().forEach(this::claim);
      lines.add("  " + tally(planned.claims()));
    }
    if (!planned.scenario().given().isEmpty()) {
      lines.add("");
      lines.add("taken as given");
      planned
          .scenario()
          .given()
          .forEach(each -> lines.add("  " + each.what() + ": " + each.text()));
    }
  }

  /** How many claims have each verdict. */
  static String tally(List<Judged> claims) {
    return claims.size()
        + " claims: "
        + claims.stream()
            .collect(
                Collectors.groupingBy(
                    judged -> judged.verdict().word(),
                    java.util.TreeMap::new,
                    Collectors.counting()))
            .entrySet()
            .stream()
            .map(entry -> entry.getValue() + " " + entry.getKey())
            .collect(Collectors.joining(", "));
  }

  // ---- a pool

  private void pool(PoolPlan pool) {
    lines.add("");
    String kind = pool.wish().candidate() ? "candidate " : "pool ";
    pool.bought()
        .ifPresent(bought -> {
          lines.add(kind + pool.wish().name() + ": " + bought(bought));
        });
    pool.plan().ifPresent(plan -> plan(kind + pool.wish().name(), plan));
  }

  static String bought(Planned.Bought bought) {
    String each = "bought by the token: " + Show.usd(bought.usdPerRequest()) + " a request";
    return bought.requestsPerMonth() > 0
        ? each + ", " + Show.usd(bought.usdPerMonth()) + " a month"
        : each + "; how many a month follows from the users' pool alone";
  }

  private void plan(String name, Plan plan) {
    lines.add(name + ": " + plan.answer());
    plan.relax().forEach(line -> row("relax", line));
    plan.chosen()
        .ifPresent(sized -> {
          if (plan.withoutSlo()) {
            row("below", "as if nothing were promised: " + sized.label());
          }
          sized(sized);
          ledger("memory", Ledger.memory(sized), Show::gigabytes);
          ledger("a step", Ledger.step(sized), Show::seconds);
          if (explain) {
            Explanation.of(sized)
                .forEach(line -> row("  " + line.name(), line.formula() + " = " + line.value()));
          }
        });
    alternatives(plan);
    front(plan);
    plan.growth()
        .forEach(growth ->
            row(
                "at " + Show.number(growth.factor()) + "x",
                growth.same().replicas().total()
                    + " replicas, "
                    + Show.usd(growth.same().cost().usdPerMonth())
                    + " a month; the cheapest: "
                    + growth.cheapest().replicas().total()
                    + " x "
                    + growth.cheapest().label()
                    + ", "
                    + Show.usd(growth.cheapest().cost().usdPerMonth())));
    plan.phases()
        .forEach(phase ->
            row(
                "phase " + phase.name(),
                Show.percent(phase.trafficShare())
                    + " of the traffic, the model taken to be off by up to "
                    + Show.number(phase.uncertainty())
                    + "x: "
                    + phase.sized().replicas().total()
                    + " replicas, "
                    + Show.usd(phase.sized().cost().usdPerMonth())
                    + " a month"));
  }

  private void sized(Sized sized) {
    var replicas = sized.replicas();
    row("replicas", replicas.text() + " (" + sized.gpus() + " GPUs)");
    if (replicas.spot() > 0) {
      row("on spot", spot(sized));
    }
    if (replicas.domains().size() > 1) {
      row(
          "in",
          replicas.domains().stream()
              .map(domain -> domain.name() + " " + domain.total())
              .collect(Collectors.joining(", ")));
    }
    row("binds", sized.constraint().word() + ": " + sized.constraint().meaning());
    row(
        "one replica",
        Show.number(sized.sustainablePerSecond())
            + " requests/s within the SLO, "
            + Show.number(sized.saturationPerSecond())
            + " at most");
    row(
        "traffic",
        Show.number(sized.peakPerSecond())
            + " requests/s at the peak, "
            + Show.number(sized.averagePerSecond())
            + " on average; utilisation "
            + Show.percent(sized.utilisation()));
    row("at the peak", latency(sized.atPeak()));
    row("on average", latency(sized.atAverage()));
    row("must wait", Show.percent(sized.waitProbability()) + " of requests at the peak (Erlang C)");
    var cost = sized.cost();
    row("cost", Show.usd(cost.usdPerMonth()) + " a month");
    row(
        "a request",
        Show.usd(cost.provisionedPerRequest())
            + " provisioned, "
            + Show.usd(cost.loadedPerRequest())
            + " fully loaded");
    row(
        "1M tokens",
        Show.usd(cost.provisionedPerMillionTokens())
            + " provisioned, "
            + Show.usd(cost.loadedPerMillionTokens())
            + " fully loaded");
    cost.api()
        .ifPresent(api ->
            row(
                "by the token",
                Show.usd(api.usdPerRequest())
                    + " a request, "
                    + Show.usd(api.usdPerMonth())
                    + " a month; break-even "
                    + (api.breakEvenUtilisation() <= 1
                        ? "at " + Show.percent(api.breakEvenUtilisation()) + " utilisation"
                        : "never")));
  }

  static String spot(Sized sized) {
    var spot = sized.requirement().availability().spot();
    return sized.replicas().spot()
        + " of them at "
        + Show.usd(sized.cost().price().spotUsd())
        + "/h (on demand "
        + Show.usd(sized.cost().price().onDemandUsd())
        + "/h); each away "
        + Show.percent(spot.awayShare())
        + " of the time, enough are there "
        + Show.percent(spot.confidence())
        + " of it";
  }

  static String latency(Prediction prediction) {
    return String.format(
        Locale.ROOT,
        "ttft p50 %s p95 %s, tpot p95 %s, total p50 %s p95 %s p99 %s",
        Show.seconds(prediction.ttft().p50()),
        Show.seconds(prediction.ttft().p95()),
        Show.seconds(prediction.tpot().p95()),
        Show.seconds(prediction.total().p50()),
        Show.seconds(prediction.total().p95()),
        Show.seconds(prediction.total().p99()));
  }

  private void ledger(String name, Ledger ledger, DoubleFunction<String> unit) {
    row(
        name,
        ledger.entries().stream()
            .filter(entry -> entry.amount() > 0)
            .map(entry -> entry.name() + " " + unit.apply(entry.amount()))
            .collect(Collectors.joining(" + ")));
  }

  private void alternatives(Plan plan) {
    var possible = plan.alternatives().stream().filter(a -> a.outcome() instanceof Sized).toList();
    possible.stream()
        .limit(ALTERNATIVES)
        .forEach(lost -> {
          var sized = (Sized) lost.outcome();
          row(
              "instead",
              sized.replicas().total()
                  + " x "
                  + sized.label()
                  + ": "
                  + Show.usd(sized.cost().usdPerMonth())
                  + "; "
                  + lost.why());
        });
    int more = Math.max(0, possible.size() - ALTERNATIVES);
    int refused = plan.alternatives().size() - possible.size();
    row("and", more + " dearer, " + refused + " that do not serve this (--json has them all)");
  }

  private void front(Plan plan) {
    if (!plan.front().isEmpty()) {
      row(
          "cost/latency",
          plan.front().stream()
              .map(sized ->
                  sized.deployment().tensorParallel()
                      + " "
                      + sized.deployment().gpu().name()
                      + " "
                      + Show.usd(sized.cost().usdPerMonth())
                      + " "
                      + Show.seconds(sized.atPeak().total().p95()))
              .collect(Collectors.joining(" < ")));
    }
  }

  // ---- claims

  private void claim(Judged judged) {
    lines.add("  " + judged.verdict().word() + ": " + name(judged) + ": " + says(judged.claim()));
    arithmetic(judged).ifPresent(text -> lines.add("      its own figures: " + text));
    judged.verdict().own().ifPresent(own -> lines.add("      penstock: " + own.text()));
    judged.beside().ifPresent(own -> lines.add("      penstock: " + own.text()));
    String because = because(judged.verdict());
    if (!because.isEmpty()) {
      lines.add("      because " + because);
    }
  }

  static String name(Judged judged) {
    String text = judged.printed().text();
    return judged.claim().what() + (text.isEmpty() ? "" : " \"" + text + "\"");
  }

  static String says(Claim claim) {
    return claim.low() == claim.high()
        ? plain(claim.low())
        : plain(claim.low()) + ".." + plain(claim.high());
  }

  private static String plain(double value) {
    return new java.math.BigDecimal(Double.toString(value)).stripTrailingZeros().toPlainString();
  }

  static java.util.Optional<String> arithmetic(Judged judged) {
    return switch (judged.verdict()) {
      case Verdict.Holds(var arithmetic, _) -> arithmetic;
      case Verdict.Differs(var arithmetic, _, _) -> arithmetic;
      case Verdict.ContradictsItself(var arithmetic, _, _) -> java.util.Optional.of(arithmetic);
    };
  }

  static String because(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Holds _ -> "";
      case Verdict.Differs(_, _, var because) -> because;
      case Verdict.ContradictsItself(_, _, var because) -> because;
    };
  }

  // ---- the audit

  /** All scenarios' claims as one table, and how many have each verdict. */
  static List<String> audit(List<Planned> all) {
    var table = new ArrayList<String>();
    String format = "%-34s %-18s %-52s %14s %14s %14s";
    table.add(
        String.format(
            Locale.ROOT,
            format,
            "scenario",
            "verdict",
            "claim",
            "source",
            "its figures",
            "penstock"));
    var claims = new ArrayList<Judged>();
    for (var planned : all) {
      for (var judged : planned.claims()) {
        claims.add(judged);
        table.add(
            String.format(
                    Locale.ROOT,
                    format,
                    planned.scenario().name(),
                    judged.verdict().word(),
                    cut(name(judged), 52),
                    says(judged.claim()),
                    judged
                        .claim()
                        .from()
                        .map(sum ->
                            sum.low() == sum.high()
                                ? Show.number(sum.low())
                                : Show.number(sum.low()) + ".." + Show.number(sum.high()))
                        .or(() -> judged.method().map(figure -> Show.number(figure.value())))
                        .orElse("-"),
                    judged
                        .verdict()
                        .own()
                        .or(judged::beside)
                        .map(Figure::value)
                        .map(Show::number)
                        .orElse("-"))
                .stripTrailing());
      }
    }
    long given = all.stream().mapToLong(planned -> planned.scenario().given().size()).sum();
    table.add(all.size() + " scenarios, " + tally(claims) + "; " + given + " lines taken as given");
    return table;
  }

  private static String cut(String text, int length) {
    return text.length() <= length ? text : text.substring(0, length - 1) + "…";
  }

  private void row(String name, String value) {
    lines.add(String.format(Locale.ROOT, "  %-13s %s", name, value));
  }
}
