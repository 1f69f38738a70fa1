package io.penstock.planner.capacity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.penstock.planner.Sample;
import io.penstock.planner.cost.GpuTime;
import java.util.List;
import org.junit.jupiter.api.Test;

class ContinuousBatchingTest {
  private static final double NEVER_LESS = 1 - 1e-9;

  /** Where prompts are nearly all the work, those beside many decodes take a little longer. */
  private static final double NOT_MUCH_LESS = 0.99;

  private static final List<Workload> LOADS =
      List.of(
          Workload.of(13, 50),
          Workload.of(512, 128),
          Workload.of(30_000, 20),
          Workload.of(100, 1),
          Workload.of(2000, 20),
          Workload.of(128, 1024),
          new Workload(Lengths.logNormal(1000, 1.5), Lengths.logNormal(250, 1), 0.3, 1),
          new Workload(Lengths.logNormal(100, 1), Lengths.logNormal(800, 1), 0, 2),
          new Workload(Lengths.logNormal(4000, 1), Lengths.fixed(50), 0, 1));

  @Test
  void closedLoop_ofOneRequest_isItsOwnPrefillAndSteps() {
    var replica = ContinuousBatching.of(Sample.of(Sample.LLAMA_7B, Sample.A100, 1));
    var alone = replica.closedLoop(Workload.of(512, 129), 1);
    double prefill = replica.step().seconds(StepBatch.prefill(512));
    double decode = replica.step().seconds(1, 512 + 64.5, 0, 0);

    assertThat(alone.ttft().mean()).isCloseTo(prefill + 6e-3, within(1e-9));
    assertThat(alone.tpot().mean()).isCloseTo(decode, within(1e-9));
    assertThat(alone.total().mean()).isCloseTo(prefill + 6e-3 + 128 * decode, within(1e-9));
    assertThat(alone.requestsPerSecond()).isCloseTo(1 / alone.total().mean(), within(1e-9));
  }

  @Test
  void closedLoop_withMoreInFlight_isNeverFaster() {
    for (var deployment : Sample.variety()) {
      var replica = ContinuousBatching.of(deployment);
      for (var load : LOADS) {
        var before = replica.closedLoop(load, 1);
        for (double n = 1.5; n < 2000; n *= 1.1) {
          var now = replica.closedLoop(load, n);
          assertNotFaster(before, now);
          if (load.completion().mean() > 1) {
            assertThat(now.requestsPerSecond())
                .isGreaterThanOrEqualTo(before.requestsPerSecond() * NOT_MUCH_LESS);
          }
          before = now;
        }
      }
    }
  }

  @Test
  void expect_withMoreOthers_isNeverFasterAndWidensTheTotal() {
    for (var deployment : Sample.variety()) {
      var replica = ContinuousBatching.of(deployment);
      var before = replica.expect(300, 200, 0);
      assertThat(before.total().p95()).isGreaterThan(1.5 * before.total().p50());
      for (int others = 1; others < 300; others += 7) {
        var now = replica.expect(300, 200, others);
        assertNotFaster(before, now);
        before = now;
      }
    }
  }

  @Test
  void burst_ofLongPrompts_decodesNoMoreThanStepsTakeIn() {
    var deployment = Sample.of(Sample.LLAMA_7B, Sample.A100, 1);
    var replica = ContinuousBatching.of(deployment);
    double prompt = 4.0 * deployment.engine().stepTokens();

    var seen = replica.burst(Workload.of(prompt, 9), 1000, 1000);

    assertThat(seen.decoding()).isEqualTo(8 / 4.0 + 1);
  }

  @Test
  void closedLoopWithoutSpare_inWaves_meetsNoPromptTwice() {
    var replica = ContinuousBatching.of(Sample.of(Sample.LLAMA_7B, Sample.A100, 1));
    var load = Workload.of(512, 128);

    var waves = replica.closedLoopWithoutSpare(load, 16);

    assertThat(waves.tpot().mean()).isLessThan(replica.closedLoop(load, 16).tpot().mean());
  }

  @Test
  void openLoop_withMoreLoad_isNeverFaster() {
    for (var deployment : Sample.variety()) {
      var replica = ContinuousBatching.of(deployment);
      for (var load : LOADS) {
        double most = replica.saturation(load);
        var before = replica.openLoop(load, most / 1000);
        for (int step = 1; step <= 440; step++) {
          var now = replica.openLoop(load, most * step / 400);
          assertNotFaster(before, now);
          before = now;
        }
        assertThat(before.saturated()).isTrue();
      }
    }
  }

  @Test
  void openLoop_holdsLittlesLaw() {
    var replica = ContinuousBatching.of(Sample.of(Sample.LLAMA_7B, Sample.A100, 1));
    var load = Workload.of(512, 128);
    for (double rate : new double[] {0.5, 2, 4}) {
      var prediction = replica.openLoop(load, rate);
      assertThat(prediction.inFlight())
          .isCloseTo(rate * prediction.total().mean(), within(0.15 * prediction.inFlight()));
    }
  }

  @Test
  void prediction_withLongerPromptsOrAnswers_isNeverFaster() {
    for (var deployment : Sample.variety()) {
      var replica = ContinuousBatching.of(deployment);
      for (double n : new double[] {1, 4, 16}) {
        var before = replica.closedLoop(Workload.of(16, 100), n);
        for (double prompt = 20; prompt < 30_000; prompt *= 1.4) {
          var now = replica.closedLoop(Workload.of(prompt, 100), n);
          assertNotLess(before.ttft(), now.ttft());
          if (!now.saturated()) {
            assertNotFaster(before, now);
          }
          before = now;
        }
      }
    }
  }

  @Test
  void batch_neverPassesMemoryOrTheEngine() {
    for (var deployment : Sample.variety()) {
      var replica = ContinuousBatching.of(deployment);
      for (var load : LOADS) {
        double n = replica.closedLoop(load, 1e4).decoding();
        assertThat(n).isLessThanOrEqualTo(deployment.engine().maxSequences());
        assertThat(n == 1 || n * load.meanContextTokens() * oneToken(replica) <= room(replica))
            .isTrue();
      }
    }
  }

  /** At least this much a token, sliding layers aside. */
  private static double oneToken(ContinuousBatching replica) {
    return replica.memory().kv().sequenceBytesPerGpu(1e9) / 1e9;
  }

  private static double room(ContinuousBatching replica) {
    return replica.memory().kvBytes() * (1 + 1e-9);
  }

  @Test
  void largestWithin_isInsideTheLimitsAndNotFarBelow() {
    var replica = ContinuousBatching.of(Sample.of(Sample.LLAMA_70B, Sample.A100, 4));
    var load = Workload.of(1000, 200);
    double n = replica.largestWithin(load, 2.0, 0.060);

    assertThat(n).isGreaterThan(1);
    assertThat(replica.closedLoop(load, n).tpot().mean()).isLessThanOrEqualTo(0.060);
    var over = replica.closedLoop(load, n * 1.01);
    assertThat(over.tpot().mean() > 0.060 || over.ttft().mean() > 2.0).isTrue();
  }

  @Test
  void largestWithin_underTheBandwidthFloor_isNone() {
    var replica = ContinuousBatching.of(Sample.of(Sample.LLAMA_7B, Sample.A100, 1));

    assertThat(replica.largestWithin(Workload.of(100, 100), 1, 0.001)).isZero();
  }

  @Test
  void shareSeconds_addUpToTheReplica() {
    var replica = ContinuousBatching.of(Sample.of(Sample.LLAMA_7B, Sample.A100, 1));
    var load = Workload.of(300, 200);
    for (double n : new double[] {1, 8, 64}) {
      double busy = replica.shareSeconds(load, n) * replica.throughput(load, n);
      assertThat(busy).isBetween(0.9, 1.0);
    }
    assertThat(new GpuTime(3.6).usd(replica, load, 8))
        .isCloseTo(replica.shareSeconds(load, 8) / 1000, within(1e-15));
  }

  @Test
  void expect_ofOneTokenOrNone_isThatOfOne() {
    var replica = ContinuousBatching.of(Sample.of(Sample.LLAMA_7B, Sample.A100, 1));

    var one = replica.expect(300, 1, 0);
    assertThat(replica.expect(300, 0, 0)).isEqualTo(one);
    assertThat(replica.expect(300, 0.5, 0)).isEqualTo(one);
    assertThat(one.total().p50()).isLessThan(replica.expect(300, 2, 0).total().p50());
  }

  @Test
  void impossibleLoads_areRefusedInOneLine() {
    var replica = ContinuousBatching.of(Sample.of(Sample.LLAMA_7B, Sample.A100, 1));
    var load = Workload.of(100, 100);

    assertThatThrownBy(() -> replica.openLoop(load, Double.NaN)).hasMessageContaining("rate");
    assertThatThrownBy(() -> replica.openLoop(load, 0)).hasMessageContaining("rate");
    assertThatThrownBy(() -> replica.closedLoop(load, -1)).hasMessageContaining("in flight");
    assertThatThrownBy(() -> Workload.of(100, 0)).hasMessageContaining("completion");
    assertThatThrownBy(() -> Workload.of(-1, 10)).hasMessageContaining("lengths");
    assertThatThrownBy(() -> Lengths.fixed(Double.NaN)).hasMessageContaining("lengths");
  }

  private static void assertNotFaster(Prediction before, Prediction now) {
    assertNotLess(before.ttft(), now.ttft());
    assertNotLess(before.tpot(), now.tpot());
    assertNotLess(before.total(), now.total());
  }

  private static void assertNotLess(Latency before, Latency now) {
    assertThat(now.mean()).isGreaterThanOrEqualTo(before.mean() * NEVER_LESS);
    assertThat(now.p50()).isGreaterThanOrEqualTo(before.p50() * NEVER_LESS);
    assertThat(now.p95()).isGreaterThanOrEqualTo(before.p95() * NEVER_LESS);
    assertThat(now.p99()).isGreaterThanOrEqualTo(before.p99() * NEVER_LESS);
  }
}
