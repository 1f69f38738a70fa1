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
    Optional<Sized> kept =
        sized(outcomes).filter(this::allowed).min(CHEAPEST).or(() -> sized(outcomes).min(CHEAPEST));
    Optional<Sized> chosen = kept.or(this::nearest);
    var alternatives = alternatives(chosen);
    boolean met = kept.filter(this::allowed).isPresent();
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
        chosen.map(Planning::phases).orElse(List.of()));
  }

  /** What was asked for, as if nothing were promised. */
  private Optional<Sized> nearest() {
    var free = requirement.withoutSlo();
    return sized(asked.stream().map(each -> Sizer.size(free, each)).toList()).min(CHEAPEST);
  }

  private boolean allowed(Sized sized) {
    return sized.withinRange() && withinBudget(sized);
  }

  private boolean withinBudget(Sized sized) {
    double budget = requirement.money().budgetUsdPerMonth();
    return budget == 0 || sized.cost().usdPerMonth() <= budget;
  }

  // ---- words

  private String answer(Optional<Sized> kept, List<Sized> all) {
    if (kept.filter(this::allowed).isPresent()) {
      return named(kept.get()) + ": " + Show.usd(kept.get().cost().usdPerMonth()) + " a month";
    }
    String why =
        kept.map(this::whyNot)
            .or(() -> refused(outcomes).findFirst().map(each -> each.label() + ": " + each.why()))
            .orElse("no hardware is left to look at");
    String nearest =
        all.stream()
            .filter(this::allowed)
            .min(CHEAPEST)
            .or(() -> all.stream().min(CHEAPEST))
            .map(sized ->
                "; the nearest that keeps the SLO is "
                    + named(sized)
                    + " for "
                    + Show.usd(sized.cost().usdPerMonth())
                    + " a month")
            .orElse("; nothing in the catalogue does");
    return "no plan meets this: " + why + nearest;
  }

  private static String named(Sized sized) {
    return sized.replicas().total() + " x " + sized.label();
  }

  private String whyNot(Sized sized) {
    return sized.withinRange()
        ? named(sized)
            + " cost "
            + Show.usd(sized.cost().usdPerMonth())
            + " a month, the budget is "
            + Show.usd(requirement.money().budgetUsdPerMonth())
        : "it takes " + named(sized) + ", and at most " + most() + " replicas may run";
  }

  private int most() {
    return requirement.availability().range().most();
  }

  private List<String> relax(Optional<Sized> kept, List<Sized> all) {
    var lines = new ArrayList<String>();
    refused(outcomes).flatMap(refused -> refused.relax().stream()).distinct().forEach(lines::add);
    kept.filter(sized -> !sized.withinRange())
        .ifPresent(sized -> {
          lines.add("the most replicas to " + sized.replicas().total());
          lines.add(within(sized, most()));
        });
    double budget = requirement.money().budgetUsdPerMonth();
    if (budget > 0) {
      kept.filter(sized -> !withinBudget(sized))
          .ifPresent(sized -> lines.addAll(withinBudget(sized, budget)));
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
        .filter(this::allowed)
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
    double each = sized.cost().usdPerMonth() / sized.replicas().total();
    int affordable = (int) Math.floor(budget / each);
    String more = "the budget to " + Show.usd(sized.cost().usdPerMonth()) + " a month";
    return affordable <= sized.replicas().spare()
        ? List.of(more)
        : List.of(within(sized, affordable), more);
  }

  /** What so many replicas serve of the peak while the spares are lost. */
  private static String within(Sized sized, int replicas) {
    int serving = Math.max(1, replicas - sized.replicas().spare());
    return "the peak to "
        + Show.number(serving * sized.sustainablePerSecond() / sized.uncertainty())
        + " requests a second, which "
        + replicas
        + " replicas serve without headroom";
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
    if (!sized.withinRange()) {
      return "takes more than the " + most() + " replicas that may run";
    }
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

  private static List<Growth> growth(Sized chosen, List<Sized> all) {
    return GROWTH.stream()
        .map(factor -> {
          var same = chosen.times(factor);
          var cheapest = all.stream().map(sized -> sized.times(factor)).min(CHEAPEST).orElse(same);
          return new Growth(factor, same, cheapest);
        })
        .toList();
  }

  private static List<Phase> phases(Sized chosen) {
    return Stream.of(
            new Step("pilot", 0.1, Requirement.UNCALIBRATED),
            new Step("half", 0.5, Requirement.CALIBRATED),
            new Step("all", 1, Requirement.CALIBRATED))
        .map(step -> step.phase(chosen))
        .toList();
  }

  private record Step(String name, double share, double uncertainty) {
    Phase phase(Sized chosen) {
      double off = Math.min(uncertainty, chosen.uncertainty());
      return new Phase(name, share, off, chosen.part(share, off));
    }
  }

  private static Stream<Sized> sized(List<Outcome> outcomes) {
    return outcomes.stream().filter(Sized.class::isInstance).map(Sized.class::cast);
  }

  private static Stream<Refused> refused(List<Outcome> outcomes) {
    return outcomes.stream().filter(Refused.class::isInstance).map(Refused.class::cast);
  }
}
