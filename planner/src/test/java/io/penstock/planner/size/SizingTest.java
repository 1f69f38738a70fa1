package io.penstock.planner.size;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.penstock.planner.Sample;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.cost.TokenPrice;
import java.util.List;
import org.junit.jupiter.api.Test;

class SizingTest {
  private static final Workload LOAD = Workload.of(500, 150);
  private static final Slo SLO = new Slo(1.0, 0.05, Double.POSITIVE_INFINITY);

  @Test
  void size_countsLoadHeadroomAndSparesOnce() {
    var plan = plan(requirement(40, SLO, 0.5, 2));

    assertThat(plan.forLoad()).isEqualTo((int) Math.ceil(40 / plan.perReplicaPerSecond()));
    assertThat(plan.forLoad() + plan.forHeadroom())
        .isEqualTo((int) Math.ceil(60 / plan.perReplicaPerSecond()));
    assertThat(plan.replicas()).isEqualTo(plan.forLoad() + plan.forHeadroom() + 2);
    assertThat(SLO.brokenBy(plan.atPeak())).isEmpty();
  }

  @Test
  void size_forMoreLoadOrATighterSlo_isNeverSmaller() {
    int before = 0;
    for (double peak = 1; peak < 300; peak *= 1.5) {
      int now = plan(requirement(peak, SLO, 0, 0)).replicas();
      assertThat(now).isGreaterThanOrEqualTo(before);
      before = now;
    }
    before = 0;
    for (double ttft = 4; ttft > 0.2; ttft /= 1.5) {
      var tight = new Slo(ttft, 0.05, Double.POSITIVE_INFINITY);
      int now = plan(requirement(40, tight, 0, 0)).replicas();
      assertThat(now).isGreaterThanOrEqualTo(before);
      before = now;
    }
  }

  @Test
  void cost_isReplicasTimesPriceTimesHours() {
    var plan = plan(requirement(40, SLO, 0.2, 1));
    var cost = plan.cost();

    assertThat(cost.perMonth()).isCloseTo(plan.replicas() * 2.0 * 730, within(1e-6));
    assertThat(cost.perRequest() * 20 * 730 * 3600).isCloseTo(cost.perMonth(), within(1e-6));
    assertThat(cost.perMillionTokens()).isCloseTo(cost.perRequest() / 650 * 1e6, within(1e-9));
    assertThat(cost.perRequestLoaded()).isLessThan(cost.perRequest());
  }

  @Test
  void size_ofAnSloUnderTheFloor_saysWhatIsPossible() {
    var impossible = new Slo(1.0, 0.001, Double.POSITIVE_INFINITY);

    var sized =
        Sizing.size(requirement(1, impossible, 0, 0), Sample.of(Sample.LLAMA_7B, Sample.A100, 1));

    assertThat(sized).isInstanceOf(Sized.Impossible.class);
    var no = (Sized.Impossible) sized;
    assertThat(no.binding()).isEqualTo(Constraint.TPOT);
    assertThat(no.why()).contains("time per token").contains("0.001 s").doesNotContain("\n");
  }

  @Test
  void choose_putsTheCheapestFirstAndWhatDoesNotFitLast() {
    var sized =
        Sizing.choose(
            requirement(20, SLO, 0, 0),
            List.of(
                Sample.of(Sample.LLAMA_70B, Sample.A100, 1),
                Sample.of(Sample.LLAMA_7B, Sample.A100, 2),
                Sample.of(Sample.LLAMA_7B, Sample.A100, 1)));

    assertThat(sized.getFirst()).isInstanceOf(Sized.Plan.class);
    assertThat(((Sized.Plan) sized.get(0)).cost().perMonth())
        .isLessThanOrEqualTo(((Sized.Plan) sized.get(1)).cost().perMonth());
    assertThat(((Sized.Impossible) sized.getLast()).binding()).isEqualTo(Constraint.MEMORY);
  }

  @Test
  void breakEven_isWhereTheApiCostsAsMuch() {
    var api = new TokenPrice(2, 2, 8);
    double rate = Sizing.breakEvenPerSecond(1460, api, 500, 150);

    assertThat(rate * api.usd(500, 150) * 730 * 3600).isCloseTo(1460, within(1e-6));
  }

  @Test
  void requirement_thatCannotBe_isRefused() {
    assertThatThrownBy(() -> requirement(Double.NaN, SLO, 0, 0)).hasMessageContaining("peak");
    assertThatThrownBy(() -> new Slo(0, 1, 1)).hasMessageContaining("SLO");
  }

  private static Sized.Plan plan(Requirement requirement) {
    return (Sized.Plan) Sizing.size(requirement, Sample.of(Sample.LLAMA_7B, Sample.A100, 1));
  }

  private static Requirement requirement(double peak, Slo slo, double headroom, int spares) {
    return new Requirement(LOAD, peak, peak / 2, slo, headroom, spares, 1.25);
  }
}
