package io.penstock.planner.size;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.penstock.planner.Sample;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.size.Availability.Domain;
import java.util.List;
import org.junit.jupiter.api.Test;

class SizerTest {
  private static final Deployment SEVEN = Sample.of(Sample.LLAMA_7B, Sample.A100, 1);

  private static Sized sized(Requirement requirement, Deployment deployment) {
    return (Sized) Sizer.size(requirement, deployment);
  }

  private static Outcome.Refused refused(Requirement requirement, Deployment deployment) {
    return (Outcome.Refused) Sizer.size(requirement, deployment);
  }

  @Test
  void replicas_areThreeTermsThatAreCountedOnce() {
    var sized = sized(Ask.rate(100), SEVEN);
    double traffic = 100 * 1.25 / sized.sustainablePerSecond();
    var replicas = sized.replicas();
    assertThat(replicas.base()).isEqualTo((int) Math.ceil(traffic));
    assertThat(replicas.serving()).isEqualTo((int) Math.ceil(traffic * 1.2));
    assertThat(replicas.spare()).isEqualTo(1);
    assertThat(replicas.total())
        .isEqualTo(replicas.base() + replicas.headroom() + replicas.spare());
  }

  @Test
  void plan_keepsEveryBoundAtThePeak() {
    for (var deployment : Sample.variety()) {
      for (double rate : new double[] {0.01, 1, 30, 1000}) {
        var requirement = Ask.of(Demand.rate(rate, rate, Ask.CHAT), 20);
        var sized = sized(requirement, deployment);
        assertThat(requirement.slo()).allMatch(bound -> bound.holds(sized.atPeak()));
        assertThat(sized.sustainablePerSecond()).isLessThanOrEqualTo(sized.saturationPerSecond());
      }
    }
  }

  @Test
  void moreTraffic_neverNeedsFewerReplicasOrLessMoney() {
    int last = 0;
    double lastCost = 0;
    for (double rate = 0.1; rate < 5000; rate *= 1.3) {
      var sized = sized(Ask.rate(rate), SEVEN);
      assertThat(sized.replicas().total()).isGreaterThanOrEqualTo(last);
      assertThat(sized.cost().usdPerMonth()).isGreaterThanOrEqualTo(lastCost);
      last = sized.replicas().total();
      lastCost = sized.cost().usdPerMonth();
    }
  }

  @Test
  void tighterSlo_neverSustainsMore() {
    for (var deployment : Sample.variety()) {
      double last = Double.POSITIVE_INFINITY;
      for (double seconds = 60; seconds > 0.5; seconds *= 0.8) {
        var demand = Demand.rate(50, 20, Ask.CHAT);
        if (Sizer.size(Ask.of(demand, seconds), deployment) instanceof Sized sized) {
          assertThat(sized.sustainablePerSecond()).isLessThanOrEqualTo(last * (1 + 1e-6));
          last = sized.sustainablePerSecond();
        } else {
          last = 0;
        }
      }
    }
  }

  @Test
  void longerCompletions_neverSustainMore() {
    double last = Double.POSITIVE_INFINITY;
    for (double tokens = 10; tokens < 400; tokens *= 1.4) {
      var demand = Demand.rate(10, 10, Workload.of(150, tokens));
      double now = sized(Ask.of(demand, 30), SEVEN).sustainablePerSecond();
      assertThat(now).isLessThanOrEqualTo(last);
      last = now;
    }
  }

  @Test
  void moreHeadroomSparesOrDoubt_neverNeedsFewerReplicas() {
    var base = Ask.rate(200);
    int replicas = sized(base, SEVEN).replicas().total();
    var roomy = availability(base, Availability.single(0.5, 1));
    var safe = availability(base, Availability.single(0.2, 3));
    assertThat(sized(roomy, SEVEN).replicas().total()).isGreaterThanOrEqualTo(replicas);
    assertThat(sized(safe, SEVEN).replicas().total()).isEqualTo(replicas + 2);
    assertThat(sized(base.with(1.1), SEVEN).replicas().total()).isLessThanOrEqualTo(replicas);
  }

  @Test
  void spares_areInEachDomain() {
    var regions = List.of(new Domain("us", 0.5), new Domain("eu", 0.3), new Domain("asia", 0.2));
    var sized = sized(availability(Ask.rate(200), new Availability(0.2, 1, regions)), SEVEN);
    assertThat(sized.replicas().spare()).isEqualTo(3);
    assertThat(sized.replicas().domains()).hasSize(3);
    assertThat(sized.replicas().base())
        .isGreaterThanOrEqualTo(sized(Ask.rate(200), SEVEN).replicas().base());
  }

  private static Requirement availability(Requirement base, Availability availability) {
    return new Requirement(
        base.pool(), base.demand(), base.slo(), availability, base.money(), base.uncertainty());
  }

  @Test
  void users_whoThinkLonger_needNoMore() {
    int last = Integer.MAX_VALUE;
    for (double think = 0; think < 100; think += 10) {
      var demand = new Demand(0, 0, Ask.CHAT, 2000, think);
      int now = sized(Ask.of(demand, 5), SEVEN).replicas().total();
      assertThat(now).isLessThanOrEqualTo(last);
      last = now;
    }
  }

  @Test
  void cost_sums() {
    var sized = sized(Ask.rate(100), SEVEN);
    var cost = sized.cost();
    assertThat(cost.usdPerMonth()).isCloseTo(sized.replicas().total() * 2.0 * 730, within(1e-6));
    assertThat(cost.provisionedPerRequest() * cost.requestsPerMonth())
        .isCloseTo(cost.usdPerMonth(), within(1e-6));
    assertThat(cost.provisionedPerMillionTokens() * 250 / 1e6)
        .isCloseTo(cost.provisionedPerRequest(), within(1e-12));
    assertThat(cost.loadedPerRequest()).isLessThan(cost.provisionedPerRequest());
    var api = cost.api().orElseThrow();
    assertThat(api.usdPerRequest()).isCloseTo(150 * 0.5e-6 + 100 * 1.5e-6, within(1e-15));
    assertThat(api.breakEvenRequestsPerMonth() * api.usdPerRequest())
        .isCloseTo(cost.usdPerMonth(), within(1e-6));
  }

  @Test
  void ledgers_sumToTheWhole() {
    for (var deployment : Sample.variety()) {
      var sized = sized(Ask.of(Demand.rate(20, 20, Ask.CHAT), 30), deployment);
      assertThat(Ledger.memory(sized).total())
          .isCloseTo(deployment.gpu().memoryBytes(), within(1.0));
      assertThat(Ledger.memory(sized).entries()).allMatch(entry -> entry.amount() >= 0);
      double n = Math.max(1, sized.atPeak().decoding());
      assertThat(Ledger.step(sized).total())
          .isCloseTo(sized.replica().decodeSeconds(Ask.CHAT, n), within(1e-9));
    }
  }

  @Test
  void waitProbability_isOneAtMost() {
    for (double rate = 1; rate < 3000; rate *= 2) {
      assertThat(sized(Ask.rate(rate), SEVEN).waitProbability()).isBetween(0.0, 1.0);
    }
  }

  // ---- what cannot be

  @Test
  void modelThatDoesNotFit_isSaidInOneLine() {
    var refused = refused(Ask.rate(1), Sample.of(Sample.LLAMA_70B, Sample.A100, 1));
    assertThat(refused.constraint()).isEqualTo(Constraint.MEMORY);
    assertThat(refused.why()).contains("llama-2-70b", "GB of weights", "room for");
  }

  @Test
  void sloUnderTheBandwidthFloor_namesTheFloor() {
    var refused = refused(Ask.of(Demand.rate(1, 1, Ask.CHAT), 0.3), SEVEN);
    assertThat(refused.constraint()).isEqualTo(Constraint.TOTAL);
    assertThat(refused.why()).startsWith("total-p95 of 300 ms is under the bandwidth floor");
    assertThat(refused.relax()).isNotEmpty();
  }

  @Test
  void whatToRelax_helps() {
    var demand = Demand.rate(0.1, 0.1, Workload.of(150, 300));
    String line = refused(Ask.of(demand, 2.2), SEVEN).relax().getFirst();
    double seconds = Double.parseDouble(line.replaceAll("total-p95 to ([0-9.]+) s.*", "$1"));
    assertThat(Sizer.size(Ask.of(demand, seconds), SEVEN)).isInstanceOf(Sized.class);
  }

  @Test
  void requestLongerThanTheModelTakes_isRefused() {
    var demand = Demand.rate(1, 1, Workload.of(5000, 100));
    assertThat(refused(Ask.of(demand, 100), SEVEN).why())
        .isEqualTo("takes 4096 tokens, and a request has 5100");
  }

  @Test
  void zeroNegativeAndNaN_areRefused() {
    assertThatThrownBy(() -> Demand.rate(0, 0, Ask.CHAT)).hasMessageContaining("above 0");
    assertThatThrownBy(() -> Demand.rate(-1, 0, Ask.CHAT)).hasMessageContaining("0 or more");
    assertThatThrownBy(() -> Demand.rate(Double.NaN, 0, Ask.CHAT)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> Demand.rate(1, 2, Ask.CHAT)).hasMessageContaining("over the peak");
    assertThatThrownBy(() -> Availability.single(-0.1, 0)).hasMessageContaining("headroom");
    assertThatThrownBy(() -> Availability.single(0, -1)).hasMessageContaining("spare-replicas");
    assertThatThrownBy(() -> new Bound(Bound.Metric.TTFT, Bound.Percentile.P95, 0))
        .hasMessageContaining("ttft-p95 must be a time above 0");
    assertThatThrownBy(() -> Ask.rate(1).with(0.5)).hasMessageContaining("uncertainty");
  }
}
