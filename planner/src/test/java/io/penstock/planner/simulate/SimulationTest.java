package io.penstock.planner.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.penstock.planner.Sample;
import io.penstock.planner.capacity.StepTime;
import io.penstock.planner.simulate.Arrivals.Length;
import java.util.List;
import org.junit.jupiter.api.Test;

class SimulationTest {
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

  private static String bytes(Simulated seen) {
    return seen.use() + " " + seen.ttft() + " " + seen.tpot() + " " + seen.total();
  }

  /** Replicas whose memory is full most of the time, of each kind. */
  private static List<ReplicaSpec> tight() {
    return List.of(
        new ReplicaSpec(LLAMA.step(), KvSpace.tokens(6000), 1 << 20, 32, 512, false, 6_000_000),
        new ReplicaSpec(LLAMA.step(), KvSpace.tokens(6000), 1 << 20, 32, 512, true, 6_000_000),
        new ReplicaSpec(LLAMA.step(), new KvSpace(60_000, 10, 10, 256), 4096, 64, 2048, false, 0));
  }

  private static Calls calls(long seed) {
    return Arrivals.poisson(seed, 5, 20_000, Length.logNormal(400, 1), Length.logNormal(200, 1));
  }
}
