package io.penstock.planner.size;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.planner.Sample;
import io.penstock.planner.capacity.Deployment;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PlanningTest {
  private static final Deployment SEVEN = Sample.of(Sample.LLAMA_7B, Sample.A100, 1);
  private static final List<Deployment> OTHERS =
      List.of(
          SEVEN,
          Sample.of(Sample.LLAMA_7B, Sample.A100, 2),
          Sample.of(Sample.LLAMA_7B, Sample.H100, 1),
          Sample.of(Sample.LLAMA_7B, Sample.H100, 4));

  @Test
  void cheapestThatWasAskedFor_isChosen() {
    var plan = Planning.plan(Ask.rate(50), OTHERS, List.of(), List.of());
    var chosen = plan.chosen().orElseThrow();
    assertThat(plan.met()).isTrue();
    assertThat(plan.alternatives())
        .hasSize(3)
        .allSatisfy(lost ->
            assertThat(((Sized) lost.outcome()).cost().usdPerMonth())
                .isGreaterThanOrEqualTo(chosen.cost().usdPerMonth()));
  }

  @Test
  void everyAlternative_saysWhyItLost() {
    var plan = Planning.plan(Ask.rate(50), List.of(SEVEN), List.of(), OTHERS);
    assertThat(plan.alternatives()).isNotEmpty().allMatch(lost -> !lost.why().isBlank());
  }

  @Test
  void front_risesInCostAndFallsInLatency() {
    var front = Planning.plan(Ask.rate(500), List.of(SEVEN), List.of(), OTHERS).front();
    assertThat(front).hasSizeGreaterThan(1);
    for (int i = 1; i < front.size(); i++) {
      assertThat(front.get(i).cost().usdPerMonth())
          .isGreaterThanOrEqualTo(front.get(i - 1).cost().usdPerMonth());
      assertThat(front.get(i).atPeak().total().p95())
          .isLessThan(front.get(i - 1).atPeak().total().p95());
    }
  }

  @Test
  void noPlan_hasTheNearestAndWhatToRelax() {
    var tight = Ask.of(Demand.rate(5, 5, Ask.CHAT), 0.7);
    var plan = Planning.plan(tight, List.of(SEVEN), List.of(), OTHERS);
    assertThat(plan.met()).isFalse();
    assertThat(plan.withoutSlo()).isTrue();
    assertThat(plan.answer()).startsWith("no plan meets this").contains("h100");
    assertThat(plan.relax()).anyMatch(line -> line.startsWith("total-p95 to"));
  }

  @Test
  void budget_isAPromiseToo() {
    var base = Ask.rate(500);
    var poor =
        new Requirement(
            base.pool(),
            base.demand(),
            base.slo(),
            base.availability(),
            new Money(5000, Optional.empty()),
            base.uncertainty());
    var plan = Planning.plan(poor, List.of(SEVEN), List.of(), List.of());
    assertThat(plan.met()).isFalse();
    assertThat(plan.answer()).contains("the budget is $5,000");
    assertThat(plan.relax()).anyMatch(line -> line.startsWith("the budget to $"));
  }

  @Test
  void growth_isWhatAPlanForThatTrafficSays() {
    var plan = Planning.plan(Ask.rate(50), List.of(SEVEN), List.of(), OTHERS);
    for (var growth : plan.growth()) {
      var again = Planning.plan(Ask.rate(50 * growth.factor()), List.of(SEVEN), List.of(), OTHERS);
      assertThat(growth.same().replicas()).isEqualTo(again.chosen().orElseThrow().replicas());
    }
  }

  @Test
  void phases_endWithTheWholeTraffic() {
    var phases = Planning.plan(Ask.rate(500), List.of(SEVEN), List.of(), List.of()).phases();
    assertThat(phases).hasSize(3);
    assertThat(phases.getLast().trafficShare()).isEqualTo(1);
    assertThat(phases.getFirst().sized().replicas().total())
        .isLessThanOrEqualTo(phases.getLast().sized().replicas().total());
  }

  @Test
  void sameRequirement_givesTheSamePlan() {
    var one = Planning.plan(Ask.rate(50), List.of(SEVEN), List.of(), OTHERS);
    var two = Planning.plan(Ask.rate(50), List.of(SEVEN), List.of(), OTHERS);
    assertThat(one.answer()).isEqualTo(two.answer());
    assertThat(one.growth().toString().replaceAll("@[0-9a-f]+", ""))
        .isEqualTo(two.growth().toString().replaceAll("@[0-9a-f]+", ""));
  }
}
