package io.penstock.gateway.capacity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.penstock.config.ConfigFile;
import io.penstock.config.Loaded;
import io.penstock.gateway.cost.Replicas;
import io.penstock.planner.autoscale.Tail;
import io.penstock.planner.calibrate.Sighting;
import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Workload;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SlowestCallsTest {
  private static final Workload LOAD = Workload.of(400, 150);
  private static final String CONFIG =
      """
      tiers: {all: {route: {simple: main, medium: main, complex: main}}}
      keys: []
      pools:
        main:
          model: llama-3.1-8b
          url: "http://127.0.0.1:1"
          capacity: {gpu: l4, weights: fp8}
      """;

  private final ContinuousBatching replica = replica();
  private final SlowestCalls slowest = new SlowestCalls();

  private static ContinuousBatching replica() {
    var loaded = (Loaded.Ok) ConfigFile.parse("test.yaml", CONFIG, Path.of("."), _ -> null);
    var config = loaded.config();
    var replicas = new Replicas(config, config.catalog());
    return ContinuousBatching.of(replicas.deployment(config.pools().get("main")).orElseThrow());
  }

  /** A hundred calls a round, evenly up to a little over the times that 95 of them stay under. */
  private void see(int rounds, double ttft, double tpot) {
    for (int i = 0; i < 100 * rounds; i++) {
      double share = (i % 100 + 0.5) / 95;
      slowest.see(new Sighting(i, 1, 400, 400, 0, 0, 150, share * ttft, share * tpot, 1));
    }
  }

  @Test
  void tail_beforeAnyCall_isAsModelled() {
    assertThat(slowest.tail()).isEqualTo(Tail.AS_MODELLED);
    see(10, 1, 1);
    assertThat(slowest.tail()).as("nothing was expected").isEqualTo(Tail.AS_MODELLED);
  }

  @Test
  void tail_ofManyCalls_isWhatTheSlowestTakeBesideTheModel_ofFewIsBelievedLittle() {
    double rate = replica.saturation(LOAD) / 2;
    var modelled = replica.openLoop(LOAD, rate);
    slowest.expect(replica, LOAD, rate);

    see(1, 1.2 * modelled.ttft().p95(), 0.9 * modelled.tpot().p95());
    assertThat(slowest.tail().ttft()).isBetween(1.02, 1.1);
    see(40, 1.2 * modelled.ttft().p95(), 0.9 * modelled.tpot().p95());
    assertThat(slowest.tail().ttft()).isCloseTo(1.15, within(0.03));
    assertThat(slowest.tail().tpot()).isCloseTo(0.92, within(0.03));
  }

  @Test
  void tail_ofAnOverload_isBounded_andWhereAQueueGrowsNothingIsLearned() {
    double saturation = replica.saturation(LOAD);
    slowest.expect(replica, LOAD, saturation);
    see(5, 100, 100);
    assertThat(slowest.tail()).isEqualTo(Tail.AS_MODELLED);
    slowest.expect(replica, LOAD, saturation / 2);
    see(40, 100, 100);
    assertThat(slowest.tail().tpot()).isEqualTo(1.3);
  }
}
