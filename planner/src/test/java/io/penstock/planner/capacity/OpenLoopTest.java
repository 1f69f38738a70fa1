package io.penstock.planner.capacity;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.planner.Sample;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Laws of the open loop, over deployments, engines and lengths unlike each other. */
class OpenLoopTest {
  private static final double NEVER_LESS = 1 - 1e-9;
  private static final int GRID = 150;

  private static final List<ToDoubleFunction<Prediction>> TIMES =
      List.of(
          each -> each.ttft().mean(),
          each -> each.ttft().p50(),
          each -> each.ttft().p95(),
          each -> each.ttft().p99(),
          each -> each.tpot().mean(),
          each -> each.tpot().p50(),
          each -> each.tpot().p95(),
          each -> each.tpot().p99(),
          each -> each.total().mean(),
          each -> each.total().p50(),
          each -> each.total().p95(),
          each -> each.total().p99(),
          Prediction::inFlight);

  private static final List<Workload> LOADS =
      List.of(
          Workload.of(700, 150),
          Workload.of(3000, 30),
          Workload.of(60, 900),
          new Workload(
              Lengths.histogram(new double[] {100, 1200, 9000}, new double[] {5, 3, 1}),
              Lengths.logNormal(180, 0.7),
              0,
              1),
          new Workload(Lengths.logNormal(1500, 1.2), Lengths.logNormal(300, 1), 0.6, 1),
          new Workload(Lengths.logNormal(250, 0.4), Lengths.fixed(400), 0, 2));

  private static List<ContinuousBatching> replicas() {
    var replicas = new ArrayList<ContinuousBatching>();
    for (var each : Sample.variety()) {
      replicas.add(ContinuousBatching.of(with(each, each.engine().withStepTokens(2048))));
      replicas.add(ContinuousBatching.of(with(each, each.engine().withMaxSequences(24))));
      replicas.add(ContinuousBatching.of(with(each, each.engine().withMaxSequences(1024))));
    }
    return replicas;
  }

  private static Deployment with(Deployment each, Engine engine) {
    return new Deployment(
        each.model(), each.gpu(), each.tensorParallel(), each.weights(), each.kv(), engine);
  }

  @Test
  void noMeanAndNoPercentile_everFallsWithTheLoad() {
    for (var replica : replicas()) {
      for (var load : LOADS) {
        double most = replica.saturation(load);
        var before = replica.openLoop(load, most / GRID);
        for (int i = 2; i <= GRID + 10; i++) {
          var now = replica.openLoop(load, most * i / GRID);
          for (var time : TIMES) {
            assertThat(time.applyAsDouble(now))
                .as("%s of %s at %s of %s", TIMES.indexOf(time), load, i, GRID)
                .isGreaterThanOrEqualTo(time.applyAsDouble(before) * NEVER_LESS);
          }
          before = now;
        }
      }
    }
  }

  @Test
  void percentiles_areInOrder_andLittlesLawHolds() {
    for (var replica : replicas()) {
      for (var load : LOADS) {
        for (double share : new double[] {0.01, 0.5, 0.9, 0.99}) {
          double rate = share * replica.saturation(load);
          var seen = replica.openLoop(load, rate);
          assertInOrder(seen.ttft());
          assertInOrder(seen.tpot());
          assertInOrder(seen.total());
          assertThat(seen.inFlight())
              .isBetween(0.999 * rate * seen.total().mean(), 1.001 * rate * seen.total().mean());
        }
      }
    }
  }

  private static void assertInOrder(Latency latency) {
    assertThat(latency.p50()).isPositive().isLessThanOrEqualTo(latency.p95());
    assertThat(latency.p95()).isLessThanOrEqualTo(latency.p99());
  }

  @Test
  void moreMemoryOrFasterHardware_neverFinishesLess() {
    for (var load : LOADS) {
      double before = 0;
      for (double gigabytes = 24; gigabytes < 400; gigabytes *= 1.02) {
        var gpu = Sample.gpu("g", gigabytes * 1e9, 2e12, 300e12);
        double now = ContinuousBatching.of(Sample.of(Sample.LLAMA_7B, gpu, 1)).saturation(load);
        assertThat(now).isGreaterThanOrEqualTo(before * NEVER_LESS);
        before = now;
      }
      before = 0;
      for (double speed = 1; speed < 10; speed *= 1.1) {
        var gpu = Sample.gpu("g", 80e9, 1e12 * speed, 150e12 * speed);
        double now = ContinuousBatching.of(Sample.of(Sample.LLAMA_7B, gpu, 1)).saturation(load);
        assertThat(now).isGreaterThanOrEqualTo(before * NEVER_LESS);
        before = now;
      }
    }
  }

  @Test
  void prompts_thatFillEveryStep_leavePlacesFree() {
    var replica = ContinuousBatching.of(Sample.of(Sample.LLAMA_70B, Sample.A100, 4));

    assertThat(replica.fillsItsPlaces(Workload.of(4000, 20))).isFalse();
    assertThat(replica.fillsItsPlaces(Workload.of(100, 800))).isTrue();
  }
}
