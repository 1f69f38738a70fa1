package io.penstock.planner.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.penstock.planner.Sample;
import io.penstock.planner.capacity.StepTime;
import io.penstock.planner.simulate.Arrivals.Length;
import java.util.List;
import org.junit.jupiter.api.Test;

class SimulationTest {
  private static final long NANOS = 1_000_000_000;
  private static final ReplicaSpec LLAMA =
      ReplicaSpec.of(Sample.of(Sample.LLAMA_7B, Sample.A100, 1));

  @Test
  void oneCall_isItsPrefillAndItsSteps() {
    var step = StepTime.of(Sample.of(Sample.LLAMA_7B, Sample.A100, 1));
    var seen = Simulation.run(Fleet.of(LLAMA, 1), new Calls.Builder().add(0, 512, 4, 1).build(), 1);

    double prefill = step.seconds(0, 0, 512, 512 * 256.0);
    double decodes =
        step.seconds(1, 513, 0, 0) + step.seconds(1, 514, 0, 0) + step.seconds(1, 515, 0, 0);
    assertThat(seen.ttft().mean()).isCloseTo(prefill + 6e-3, within(1e-8));
    assertThat(seen.total().mean()).isCloseTo(prefill + 6e-3 + decodes, within(1e-8));
    assertThat(seen.tpot().mean()).isCloseTo(decodes / 3, within(1e-8));
  }

  @Test
  void everyCall_endsOnce_andAllMemoryIsFree() {
    for (var spec : tight()) {
      var seen = Simulation.run(Fleet.of(spec, 2), calls(3), 1);

      assertThat(seen.finished() + seen.refused()).isEqualTo(seen.calls().size());
      assertThat(seen.refused()).isBetween(1, 400);
      assertThat(seen.use().mostKv()).isLessThanOrEqualTo(1);
      assertThat(seen.use().kvLeftOver()).isZero();
    }
  }

  @Test
  void sameSeed_givesTheSameTimes() {
    for (var spec : tight()) {
      var fleet = Fleet.of(spec, 2).interrupted(3);
      assertThat(bytes(Simulation.run(fleet, calls(5), 9)))
          .isEqualTo(bytes(Simulation.run(fleet, calls(5), 9)));
      assertThat(bytes(Simulation.run(fleet, calls(5), 9)))
          .isNotEqualTo(bytes(Simulation.run(fleet, calls(6), 9)));
    }
  }

  @Test
  void moreReplicas_neverWaitLonger() {
    for (var spec : tight()) {
      double before = Double.POSITIVE_INFINITY;
      for (int replicas = 1; replicas <= 6; replicas++) {
        var seen = Simulation.run(Fleet.of(spec, replicas), calls(4), 1);
        assertThat(seen.waited().mean()).isLessThanOrEqualTo(before * (1 + 1e-9));
        before = seen.waited().mean();
      }
    }
  }

  @Test
  void leastLoaded_waitsNoLongerThanRoundRobin() {
    var fleet = Fleet.of(tight().getFirst(), 4);
    var turns = Simulation.run(fleet.with(Routing.ROUND_ROBIN), calls(4), 1);

    assertThat(turns.finished() + turns.refused()).isEqualTo(turns.calls().size());
    assertThat(Simulation.run(fleet, calls(4), 1).waited().mean())
        .isLessThan(turns.waited().mean());
  }

  @Test
  void priorities_goFirst_andEqualsInTheOrderOfTheirComing() {
    var calls = new Calls.Builder();
    for (int i = 0; i < 300; i++) {
      calls.add(i, 1, 50, i % Calls.PRIORITIES);
    }
    var seen = Simulation.run(Fleet.of(ReplicaSpec.server(1e-3, 1), 1), calls.build(), 1);
    double[] last = new double[Calls.PRIORITIES];
    for (int i = 1; i < 300; i++) {
      int urgency = i % Calls.PRIORITIES;
      assertThat(seen.totalSeconds(i)).isGreaterThan(last[urgency]);
      last[urgency] = seen.totalSeconds(i);
    }
    assertThat(last[0]).isLessThan(seen.totalSeconds(4));
    assertThat(last[1]).isLessThan(seen.totalSeconds(2));
  }

  @Test
  void preemption_takesTheLeastUrgentThatCameLast() {
    var spec = new ReplicaSpec(LLAMA.step(), KvSpace.tokens(1000), 4096, 8, 512, false, 0, 0);
    var calls =
        new Calls.Builder().add(0, 300, 150, 2).add(1, 300, 150, 1).add(2, 300, 150, 1).build();
    var seen = Simulation.run(Fleet.of(spec, 1), calls, 1);

    assertThat(seen.finished()).isEqualTo(3);
    assertThat(seen.use().preemptions()).isPositive();
    assertThat(seen.totalSeconds(0)).isGreaterThan(seen.totalSeconds(1) + 0.1);
    assertThat(seen.totalSeconds(0)).isGreaterThan(seen.totalSeconds(2) + 0.1);
  }

  @Test
  void autoscaler_followsTheLoad_andReplicasTakeTimeToStart() {
    var calls = new Calls.Builder();
    for (int i = 0; i < 4000; i++) {
      long at = i < 3000 ? i * 100_000_000L : 300_000_000_000L + (i - 3000) * 2_000_000_000L;
      calls.add(at, 400, 200, 1);
    }
    var fleet =
        Fleet.of(LLAMA, 1).with(new FollowingLoad(8, 1, 6, 15_000_000_000L, 4), 30L * NANOS);
    var seen = Simulation.run(fleet, calls.build(), 1);
    var fixed = Simulation.run(Fleet.of(LLAMA, 6), calls.build(), 1);

    assertThat(seen.finished()).isEqualTo(4000);
    assertThat(seen.use().mostReplicas()).isBetween(2, 6);
    assertThat(seen.use().replicaSeconds()).isLessThan(0.5 * fixed.use().replicaSeconds());
    assertThat(seen.total().mean()).isGreaterThanOrEqualTo(fixed.total().mean());
  }

  @Test
  void interruptedReplicas_areReplaced_andNobodyIsForgotten() {
    var seen =
        Simulation.run(
            Fleet.of(LLAMA, 2).with(Scaling.fixed(), 60L * NANOS).interrupted(20), calls(5), 1);

    assertThat(seen.use().interruptions()).isGreaterThan(10);
    assertThat(seen.broken()).isPositive();
    assertThat(seen.finished() + seen.refused() + seen.broken()).isEqualTo(seen.calls().size());
    assertThat(seen.use().kvLeftOver()).isZero();
  }

  @Test
  void prefixes_thatWereSeen_areNotComputedAgain() {
    int[] first = {1, 2, 3};
    int[] second = {1, 2, 9};
    var calls =
        new Calls.Builder()
            .add(0, 1500, 10, 1, first)
            .add(10 * NANOS, 1500, 10, 1, second)
            .add(20 * NANOS, 1024, 10, 1, new int[] {1, 2})
            .build();
    var without = Simulation.run(Fleet.of(LLAMA, 1), calls, 1);
    var with = Simulation.run(Fleet.of(LLAMA.withPrefixCache(512), 1), calls, 1);

    assertThat(without.use().cachedTokens()).isZero();
    assertThat(with.use().cachedTokens()).isEqualTo(1024 + 1023);
    assertThat(with.ttftSeconds(0)).isEqualTo(without.ttftSeconds(0));
    assertThat(with.ttftSeconds(1)).isLessThan(0.6 * without.ttftSeconds(1));
    assertThat(with.ttftSeconds(2)).isLessThan(0.4 * without.ttftSeconds(2));
  }

  @Test
  void patterns_keepTheMeanRate_andMoveAboutIt() {
    for (var pattern : Pattern.values()) {
      var one = Length.fixed(1);
      double day = 86_400;
      var calls = Arrivals.stream(1, pattern, 2, (int) (2 * day), one, one);
      assertThat(calls.spanSeconds()).isBetween(0.96 * day, 1.04 * day);
      double[] shares = new double[2];
      for (int i = 0; i < calls.size(); i++) {
        double seconds = calls.atNanos(i) / 1e9;
        shares[pattern.at(seconds) > 1 ? 1 : 0] += 1.0 / calls.size();
      }
      assertThat(shares[1])
          .isCloseTo(
              pattern == Pattern.POISSON ? 0 : pattern == Pattern.BURSTS ? 0.667 : 0.755,
              within(0.02));
    }
  }

  @Test
  void poolWithoutReplicas_isRefused_orStartsOne() {
    var calls = new Calls.Builder().add(0, 100, 10, 1).build();
    var fleet = Fleet.of(LLAMA, 0);

    assertThatThrownBy(() -> Simulation.run(fleet, calls, 1)).hasMessageContaining("replicas");
    var seen =
        Simulation.run(fleet.with(new FollowingLoad(8, 0, 2, NANOS, 1), 30L * NANOS), calls, 1);
    assertThat(seen.finished()).isEqualTo(1);
    assertThat(seen.ttft().mean()).isBetween(30.0, 32.0);
  }

  private static String bytes(Simulated seen) {
    return seen.use() + " " + seen.ttft() + " " + seen.tpot() + " " + seen.total();
  }

  /** Replicas whose memory is full most of the time, of each kind. */
  private static List<ReplicaSpec> tight() {
    return List.of(
        new ReplicaSpec(LLAMA.step(), KvSpace.tokens(6000), 1 << 20, 32, 512, false, 6_000_000, 0),
        new ReplicaSpec(LLAMA.step(), KvSpace.tokens(6000), 1 << 20, 32, 512, true, 6_000_000, 0),
        new ReplicaSpec(
            LLAMA.step(), new KvSpace(60_000, 10, 10, 256), 4096, 64, 2048, false, 0, 0));
  }

  private static Calls calls(long seed) {
    return Arrivals.poisson(seed, 5, 20_000, Length.logNormal(400, 1), Length.logNormal(200, 1));
  }
}
