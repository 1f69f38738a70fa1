package io.penstock.planner.autoscale;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.planner.Sample;
import io.penstock.planner.calibrate.Calibrated;
import io.penstock.planner.calibrate.Calibrated.Parameter;
import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.forecast.Forecast.Ahead;
import io.penstock.planner.size.Bound;
import java.util.List;
import org.junit.jupiter.api.Test;

class ScalerTest {
  private static final Deployment PLANNED = Sample.of(Sample.LLAMA_7B, Sample.A100, 1);
  private static final Workload LOAD = Workload.of(400, 150);
  private static final Policy POLICY = new Policy(1, 90, 0, 0, 120, 300);
  private static final List<Bound> SLO =
      List.of(
          new Bound(Bound.Metric.TTFT, Bound.Percentile.P95, 0.5),
          new Bound(Bound.Metric.TPOT, Bound.Percentile.P95, 0.05));

  private static Calibrated slower(double times) {
    double fixed = PLANNED.engine().parameters().requestSeconds();
    return new Calibrated(
        new Parameter(1, times, 0.02),
        new Parameter(1, times, 0.02),
        new Parameter(fixed, fixed, fixed / 10),
        500,
        0.1,
        0);
  }

  private static Situation at(double perSecond, double times) {
    return at(perSecond, times, 0, Tail.AS_MODELLED);
  }

  private static Situation at(double perSecond, double times, double inFlight, Tail tail) {
    return new Situation(
        PLANNED, slower(times), LOAD, new Ahead(perSecond, perSecond), inFlight, tail, SLO);
  }

  private static int replicas(double perSecond, double times) {
    return Scaler.want(at(perSecond, times), POLICY).replicas();
  }

  @Test
  void want_coversTheLoad_withinTheSlo() {
    var target = Scaler.want(at(60, 1), POLICY);

    assertThat(target.replicas() * target.sustainablePerSecond())
        .isGreaterThanOrEqualTo(60 * target.uncertainty() * (1 - 1e-9));
    assertThat((target.replicas() - 1) * target.sustainablePerSecond())
        .isLessThan(60 * target.uncertainty());
    var share = ContinuousBatching.of(PLANNED).openLoop(LOAD, 60.0 / target.replicas());
    assertThat(SLO).allMatch(bound -> bound.holds(share));
  }

  @Test
  void want_onHardwareHalfAsFast_isAboutTwice_andSaysWhy() {
    var target = Scaler.want(at(60, 2), POLICY);

    assertThat(target.replicas()).isBetween(2 * replicas(60, 1) - 1, 4 * replicas(60, 1));
    assertThat(String.join("\n", target.reasons())).contains("not what the config says");
  }

  @Test
  void want_risesWithTheLoad_neverFalls() {
    int before = 0;
    for (double rate = 1; rate < 200; rate *= 1.3) {
      int now = replicas(rate, 1);
      assertThat(now).isGreaterThanOrEqualTo(before);
      before = now;
    }
  }

  @Test
  void want_staysWithinThePolicy_andSaysWhatHoldsIt() {
    var few = Scaler.want(at(500, 1), new Policy(1, 3, 0, 0, 60, 60));
    assertThat(few.replicas()).isEqualTo(3);
    assertThat(few.limited()).isTrue();
    assertThat(few.reasons().getFirst()).startsWith("max of 3 reached");

    var many = Scaler.want(at(0.1, 1), new Policy(4, 8, 0, 0, 60, 60));
    assertThat(many.replicas()).isEqualTo(4);
    assertThat(many.limited()).isFalse();
  }

  @Test
  void want_whereMoreCallsAreThereThanTheLoadExplains_isForThem_andSaysSo() {
    int usual = replicas(60, 1);
    var quiet = Scaler.want(at(60, 1, 1, Tail.AS_MODELLED), POLICY);
    var piledUp = Scaler.want(at(60, 1, 1000, Tail.AS_MODELLED), POLICY);

    assertThat(quiet.replicas()).isEqualTo(usual);
    assertThat(piledUp.replicas()).isGreaterThan(usual);
    assertThat(piledUp.reasons().getFirst()).contains("1,000 calls are there already");
  }

  @Test
  void want_whereTheSlowestCallsAreSlowerThanModelled_isMore_andSaysSo() {
    var slower = Scaler.want(at(200, 2, 0, new Tail(1.2, 1.2)), POLICY);
    var faster = Scaler.want(at(200, 2, 0, new Tail(0.85, 0.85)), POLICY);

    assertThat(slower.replicas()).isGreaterThan(replicas(200, 2));
    assertThat(faster.replicas()).isLessThanOrEqualTo(replicas(200, 2));
    assertThat(String.join("\n", slower.reasons())).contains("1.2 times as long as modelled");
  }

  @Test
  void want_withoutTraffic_isTheMinimum_evenNone() {
    assertThat(Scaler.want(at(0, 1), new Policy(0, 8, 0.2, 1, 60, 60)).replicas()).isZero();
  }

  @Test
  void want_headroomAndSpares_areAdded() {
    int bare = replicas(60, 1);

    assertThat(Scaler.want(at(60, 1), new Policy(1, 90, 0, 2, 60, 60)).replicas())
        .isEqualTo(bare + 2);
    assertThat(Scaler.want(at(60, 1), new Policy(1, 90, 1, 0, 60, 60)).replicas())
        .isBetween(2 * bare - 1, 2 * bare);
  }

  /**
   * Ten times as slow as planned, no request keeps the SLO: the work is to be done all the same.
   */
  @Test
  void want_whereNoReplicaKeepsTheSlo_isSizedForTheWork_andSaysSo() {
    var target = Scaler.want(at(5, 10), POLICY);

    assertThat(target.replicas()).isBetween(1, 90);
    assertThat(target.reasons().getFirst()).startsWith("no number of replicas keeps the SLO");
  }

  private static Target wish(int replicas) {
    return new Target(replicas, 1, 1, 1, false, List.of("load"));
  }

  @Test
  void hold_upAtOnce_downAfterTheWindow() {
    var stabiliser = new Stabiliser(300);

    assertThat(stabiliser.hold(0, wish(3)).replicas()).isEqualTo(3);
    assertThat(stabiliser.hold(10, wish(7)).replicas()).isEqualTo(7);
    var held = stabiliser.hold(20, wish(2));
    assertThat(held.replicas()).isEqualTo(7);
    assertThat(held.reasons().getFirst())
        .isEqualTo("2 would do now; held for 290 s more, so that a lull costs nothing");
    assertThat(stabiliser.hold(200, wish(5)).replicas()).isEqualTo(7);
    assertThat(stabiliser.hold(311, wish(2)).replicas()).isEqualTo(5);
    assertThat(stabiliser.hold(501, wish(2)).replicas()).isEqualTo(2);
  }
}
