package io.penstock.planner.size;

import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.size.Outcome.Refused;
import io.penstock.planner.size.Plan.Alternative;
import io.penstock.planner.size.Plan.Growth;
import io.penstock.planner.size.Plan.Phase;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Weighs ways to serve a pool against each other: the cheapest that keeps the SLO wins. */
public final class Planning {
  private static final List<Double> GROWTH = List.of(3.0, 5.0, 10.0);
  private static final Comparator<Sized> CHEAPEST =
      Comparator.comparingDouble(sized -> sized.cost().usdPerMonth());

  private final Requirement requirement;
  private final List<Deployment> asked;
  private final List<Outcome> outcomes;
  private final List<Outcome> others;

  private Planning(
      Requirement requirement,
      List<Deployment> asked,
      List<Outcome> impossible,
      List<Deployment> others) {
    this.requirement = requirement;
    this.asked = asked;
    this.outcomes =
        Stream.concat(
                impossible.stream(), asked.stream().map(each -> Sizer.size(requirement, each)))
            .toList();
    this.others = others.stream().map(each -> Sizer.size(requirement, each)).toList();
  }

  /**
   * The plan.
   *
   * @param asked the hardware that may be used; the cheapest of it is chosen
   * @param impossible hardware that was asked for and cannot even be put together
   * @param others to compare with
   */
  public static Plan plan(
      Requirement requirement,
      List<Deployment> asked,
      List<Refused> impossible,
      List<Deployment> others) {
    return new Planning(requirement, asked, List.copyOf(impossible), others).plan();
  }

  private Plan plan() {
    Optional<Sized> kept = sized(outcomes).min(CHEAPEST);
    Optional<Sized> chosen = kept.or(this::nearest);
    var alternatives = alternatives(chosen);
    boolean met = kept.isPresent() && withinBudget(kept.get());
    var whole = new ArrayList<>(sized(others).toList());
    kept.ifPresent(whole::add);
    return new Plan(
        requirement,
        met,
        answer(kept, whole),
        chosen,
        kept.isEmpty(),
        refused(outcomes).toList(),
        met ? List.of() : relax(kept, whole),
        alternatives,
        front(whole),
        chosen.map(sized -> growth(sized, whole)).orElse(List.of()),
        chosen.map(sized -> phases(sized.deployment(), kept.isEmpty())).orElse(List.of()));
  }

  /** What was asked for, as if nothing were promised. */
  private Optional<Sized> nearest() {
    var free = requirement.withoutSlo();
    return sized(asked.stream().map(each -> Sizer.size(free, each)).toList()).min(CHEAPEST);
  }

  private boolean withinBudget(Sized sized) {
    double budget = requirement.money().budgetUsdPerMonth();
    return budget == 0 || sized.cost().usdPerMonth() <= budget;
  }

  // ---- words

  private String answer(Optional<Sized> kept, List<Sized> all) {
    if (kept.isPresent() && withinBudget(kept.get())) {
      var sized = kept.get();
      return sized.replicas().total()
          + " x "
          + sized.label()
          + ": "
          + Show.usd(sized.cost().usdPerMonth())
          + " a month";
    }
    String nearest =
        all.stream()
            .filter(this::withinBudget)
            .min(CHEAPEST)
            .or(() -> all.stream().min(CHEAPEST))
            .map(sized ->
                "; the nearest that keeps the SLO is "
                    + sized.replicas().total()
                    + " x "
                    + sized.label()
                    + " for "
                    + Show.usd(sized.cost().usdPerMonth())
                    + " a month")
            .orElse("; nothing in the catalogue does");
    return kept.map(sized ->
            "no plan meets this: "
                + sized.replicas().total()
                + " x "
                + sized.label()
                + " cost "
                + Show.usd(sized.cost().usdPerMonth())
                + " a month, the budget is "
                + Show.usd(requirement.money().budgetUsdPerMonth())
                + nearest)
        .orElseGet(() ->
            "no plan meets this: "
                + refused(outcomes)
                    .findFirst()
                    .map(refused -> refused.label() + ": " + refused.why())
                    .orElse("no hardware is left to look at")
                + nearest);
  }

  private List<String> relax(Optional<Sized> kept, List<Sized> all) {
    var lines = new ArrayList<String>();
    refused(outcomes).flatMap(refused -> refused.relax().stream()).distinct().forEach(lines::add);
    double budget = requirement.money().budgetUsdPerMonth();
    if (budget > 0) {
      kept.ifPresent(sized -> lines.addAll(withinBudget(sized, budget)));
      all.stream()
          .min(CHEAPEST)
          .filter(cheapest -> cheapest.cost().usdPerMonth() > budget)
          .filter(cheapest -> kept.filter(cheapest::equals).isEmpty())
          .ifPresent(cheapest ->
              lines.add(
                  "the budget to "
                      + Show.usd(cheapest.cost().usdPerMonth())
                      + " a month, for "
                      + cheapest.label()));
    }
    all.stream()
        .filter(this::withinBudget)
        .min(CHEAPEST)
        .ifPresent(cheapest ->
            lines.add(
                "the hardware to "
                    + cheapest.deployment().tensorParallel()
                    + " "
                    + cheapest.deployment().gpu().name()
                    + " a replica"));
    return lines.stream().distinct().toList();
  }

  private static List<String> withinBudget(Sized sized, double budget) {
    double each = sized.cost().usdPerReplicaHour() * Cost.HOURS_PER_MONTH;
    int affordable = (int) Math.floor(budget / each);
    int serving = affordable - sized.replicas().spare();
    return serving < 1
        ? List.of("the budget to " + Show.usd(sized.cost().usdPerMonth()) + " a month")
        : List.of(
            "the peak to "
                + Show.number(serving * sized.sustainablePerSecond() / sized.uncertainty())
                + " requests a second, which "
                + affordable
                + " replicas serve without headroom",
            "the budget to " + Show.usd(sized.cost().usdPerMonth()) + " a month");
  }

  // ---- alternatives

  private List<Alternative> alternatives(Optional<Sized> chosen) {
    var lost = new ArrayList<Alternative>();
    Stream.concat(sized(outcomes), sized(others))
        .filter(sized -> chosen.filter(sized::equals).isEmpty())
        .sorted(CHEAPEST)
        .forEach(sized -> lost.add(new Alternative(sized, whyLost(sized, chosen))));
    Stream.concat(refused(outcomes), refused(others))
        .forEach(refused -> lost.add(new Alternative(refused, refused.why())));
    return List.copyOf(lost);
  }

  private String whyLost(Sized sized, Optional<Sized> chosen) {
    if (!withinBudget(sized)) {
      return "over the budget of " + Show.usd(requirement.money().budgetUsdPerMonth());
    }
    if (chosen.isEmpty()) {
      return "not what was asked for";
    }
    double more = sized.cost().usdPerMonth() - chosen.get().cost().usdPerMonth();
    double quicker = chosen.get().atPeak().total().p95() / sized.atPeak().total().p95();
    String speed =
        quicker >= 1
            ? Show.number(quicker) + "x as fast"
            : "takes " + Show.number(1 / quicker) + "x as long";
    return more < 0
        ? Show.usd(-more) + " a month cheaper, but not what was asked for; " + speed
        : Show.usd(more) + " a month dearer; " + speed;
  }

  /** Those that nothing beats in both the month's cost and the p95 of a whole request. */
  static List<Sized> front(List<Sized> all) {
    var front = new ArrayList<Sized>();
    double best = Double.POSITIVE_INFINITY;
    var order = CHEAPEST.thenComparingDouble(sized -> sized.atPeak().total().p95());
    for (var sized : all.stream().sorted(order).toList()) {
      if (sized.atPeak().total().p95() < best) {
        best = sized.atPeak().total().p95();
        front.add(sized);
      }
    }
    return List.copyOf(front);
  }

  // ---- later

  private List<Growth> growth(Sized chosen, List<Sized> all) {
    return GROWTH.stream()
        .map(factor -> {
          var same = again(chosen, factor, requirement.uncertainty());
          var cheapest =
              all.stream()
                  .map(sized -> again(sized, factor, requirement.uncertainty()))
                  .min(CHEAPEST)
                  .orElse(same);
          return new Growth(factor, same, cheapest);
        })
        .toList();
  }

  private List<Phase> phases(Deployment deployment, boolean withoutSlo) {
    var asked = withoutSlo ? requirement.withoutSlo() : requirement;
    return Stream.of(
            new Step("pilot", 0.1, Requirement.UNCALIBRATED),
            new Step("half", 0.5, Requirement.CALIBRATED),
            new Step("all", 1, Requirement.CALIBRATED))
        .flatMap(step -> step.phase(asked, deployment).stream())
        .toList();
  }

  private record Step(String name, double share, double uncertainty) {
    Optional<Phase> phase(Requirement asked, Deployment deployment) {
      double off = Math.min(uncertainty, asked.uncertainty());
      var part = asked.with(asked.demand().times(share)).with(off);
      return Sizer.size(part, deployment) instanceof Sized sized
          ? Optional.of(new Phase(name, share, off, sized))
          : Optional.empty();
    }
  }

  /** What one replica sustains does not change with the traffic, so the search is not repeated. */
  private Sized again(Sized sized, double factor, double uncertainty) {
    double peak = sized.peakPerSecond() * factor;
    double average = sized.averagePerSecond() * factor;
    var replicas =
        Replicas.of(peak * uncertainty / sized.sustainablePerSecond(), requirement.availability());
    var load = sized.demand().load();
    return new Sized(
        sized.deployment(),
        sized.replica(),
        sized.demand().times(factor),
        sized.sustainablePerSecond(),
        sized.saturationPerSecond(),
        sized.constraint(),
        peak,
        average,
        uncertainty,
        replicas,
        sized.replica().openLoop(load, peak / replicas.serving()),
        sized.replica().openLoop(load, average / replicas.total()),
        Cost.of(
            sized.cost().usdPerReplicaHour(),
            replicas.total(),
            average,
            sized.sustainablePerSecond(),
            sized.demand(),
            requirement.money().api()));
  }

  private static Stream<Sized> sized(List<Outcome> outcomes) {
    return outcomes.stream().filter(Sized.class::isInstance).map(Sized.class::cast);
  }

  private static Stream<Refused> refused(List<Outcome> outcomes) {
    return outcomes.stream().filter(Refused.class::isInstance).map(Refused.class::cast);
  }
}
