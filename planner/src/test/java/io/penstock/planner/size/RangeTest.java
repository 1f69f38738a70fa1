package io.penstock.planner.size;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.planner.Sample;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.size.Availability.Range;
import java.util.List;
import org.junit.jupiter.api.Test;

class RangeTest {
  private static final Deployment SEVEN = Sample.of(Sample.LLAMA_7B, Sample.A100, 1);

  private static Plan plan(double rate, Range range) {
    var base = Ask.rate(rate);
    var bounded =
        new Requirement(
            base.pool(),
            base.demand(),
            base.slo(),
            base.availability().with(range),
            base.money(),
            base.uncertainty());
    return Planning.plan(
        bounded, List.of(SEVEN), List.of(), List.of(Sample.of(Sample.LLAMA_7B, Sample.H100, 1)));
  }

  @Test
  void fewerThanTheLeast_isFilledUpAndSaid() {
    var sized = plan(1, new Range(7, 10)).chosen().orElseThrow();
    assertThat(sized.replicas().total()).isEqualTo(7);
    assertThat(sized.constraint()).isEqualTo(Constraint.LEAST_REPLICAS);
    assertThat(sized.replicas().text()).endsWith(" to the minimum");
    assertThat(sized.cost().usdPerMonth()).isEqualTo(7 * 2.0 * 730);
  }

  @Test
  void moreThanTheMost_isNoPlanAndSaysWhatWouldBe() {
    var plan = plan(500, new Range(1, 3));
    var sized = plan.chosen().orElseThrow();
    assertThat(plan.met()).isFalse();
    assertThat(sized.constraint()).isEqualTo(Constraint.MOST_REPLICAS);
    assertThat(plan.answer())
        .startsWith("no plan meets this: it takes " + sized.replicas().total())
        .contains("at most 3 replicas may run");
    assertThat(plan.relax())
        .anyMatch(line -> line.equals("the most replicas to " + sized.replicas().total()))
        .anyMatch(line -> line.matches("the peak to .* requests a second, which 3 replicas .*"));
  }

  @Test
  void whatToRelax_ofTheMost_helps() {
    var tight = plan(500, new Range(1, 3));
    int enough = tight.chosen().orElseThrow().replicas().total();
    assertThat(plan(500, new Range(1, enough)).met()).isTrue();
    assertThat(plan(500, new Range(1, enough - 1)).met()).isFalse();
  }

  @Test
  void moreReplicas_neverServeWorse() {
    double last = Double.POSITIVE_INFINITY;
    double lastTtft = Double.POSITIVE_INFINITY;
    for (int least = 1; least < 60; least++) {
      var sized = plan(200, new Range(least, 100)).chosen().orElseThrow();
      assertThat(sized.atAverage().total().p95()).isLessThanOrEqualTo(last * (1 + 1e-9));
      assertThat(sized.atAverage().ttft().p95()).isLessThanOrEqualTo(lastTtft * (1 + 1e-9));
      last = sized.atAverage().total().p95();
      lastTtft = sized.atAverage().ttft().p95();
    }
  }

  @Test
  void whatCannotBe_isRefused() {
    assertThatThrownBy(() -> new Range(5, 4)).hasMessageContaining("5 to 4");
    assertThatThrownBy(() -> new Range(-1, 4)).hasMessageContaining("0 or more");
  }
}
