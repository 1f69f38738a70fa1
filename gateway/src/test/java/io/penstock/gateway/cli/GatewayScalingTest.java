package io.penstock.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.ConfigFile;
import io.penstock.config.Loaded;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.scenario.ConfigScenario;
import io.penstock.gateway.cost.Replicas;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Lengths;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.simulate.Calls;
import io.penstock.planner.simulate.Fleet;
import io.penstock.planner.simulate.FollowingLoad;
import io.penstock.planner.simulate.ReplicaSpec;
import io.penstock.planner.simulate.Scaling;
import io.penstock.planner.simulate.Simulated;
import io.penstock.planner.simulate.Simulation;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Half an hour whose rate rises and falls as a recorded one does, on a virtual clock: the gateway's
 * replicas beside an autoscaler that keeps calls in flight at 70 % of what a replica bears, and
 * beside as many as the busiest minute needs by the plan. Deterministic; the bounds leave room for
 * changes of the model.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GatewayScalingTest {
  private static final long SECOND = 1_000_000_000L;

  /** Requests in each two minutes of half an hour of Azure's conversations of 2023. */
  private static final int[] PER_TWO_MINUTES = {
    456, 682, 580, 529, 620, 603, 671, 562, 588, 694, 694, 804, 784, 912, 929
  };

  /** What the plan has for the busiest minute: 8.5 requests a second, a model off by a quarter. */
  private static final int AT_THE_PEAK = 11;

  private static final int AT_FIRST = 6;

  /** Calls at once that one replica bears within the SLO. */
  private static final int BEARS = 28;

  private static final String CONFIG =
      """
      tiers: {all: {route: {simple: main, medium: main, complex: main}}}
      keys: []
      catalog:
        gpus: {l4: {bandwidth-gbs: 200, tflops: {bits16: 80.7, fp8: 161.3, int8: 161.3}}}
      pools:
        main:
          model: llama-3.1-8b
          context-length: 16384
          backends: [{id: a, url: "http://127.0.0.1:1"}]
          slo: {ttft: 3s, tpot: 120ms}
          capacity:
            gpu: l4
            weights: fp8
            max: 24
            scaling: {start: 60s, window: 2m, headroom: 10%}
      """;

  private Pool pool;
  private Deployment deployment;
  private Calls calls;
  private Workload lengths;

  @BeforeAll
  void load() {
    var loaded = ConfigFile.parse("test.yaml", CONFIG, Path.of("."), _ -> null);
    PenstockConfig config = ((Loaded.Ok) loaded).config();
    pool = config.pools().get("main");
    deployment = new Replicas(config, config.catalog()).deployment(pool).orElseThrow();
    calls = calls();
    lengths = new Workload(Lengths.logNormal(1150, 1.12), Lengths.logNormal(210, 1.12), 0, 1);
  }

  private static Calls calls() {
    var random = new SplittableRandom(11);
    var built = new Calls.Builder();
    for (int slot = 0; slot < PER_TWO_MINUTES.length; slot++) {
      double rate = PER_TWO_MINUTES[slot] / 120.0;
      double until = 120.0 * (slot + 1);
      double at = 120.0 * slot - Math.log(1 - random.nextDouble()) / rate;
      while (at < until) {
        built.add(Math.round(at * SECOND), length(random, 1150, 0.9), length(random, 210, 0.9), 1);
        at -= Math.log(1 - random.nextDouble()) / rate;
      }
    }
    return built.build();
  }

  /** Log-normal, of a mean and a deviation of its logarithm. */
  private static int length(SplittableRandom random, double mean, double sigma) {
    double drawn = mean * Math.exp(sigma * random.nextGaussian() - sigma * sigma / 2);
    return (int) Math.clamp(drawn, 1, 6000);
  }

  private Simulated run(Scaling scaling, int first) {
    var spec = ReplicaSpec.of(deployment).withContext(pool.contextTokens());
    return Simulation.run(Fleet.of(spec, first).with(scaling, 60 * SECOND), calls, 1);
  }

  private static double attained(Simulated seen) {
    return seen.within(3, 0.12);
  }

  @Test
  void halfAnHour_keepsTheSlo_withFewerReplicasThanThePeak_andFewerMissesThanATargetOfUse() {
    var gateway =
        run(
            new GatewayScaling(
                deployment,
                lengths,
                ConfigScenario.bounds(pool.slo()),
                pool.capacity().orElseThrow()),
            AT_FIRST);
    var use = run(new FollowingLoad(0.7 * BEARS, 1, 24, 15 * SECOND, 20), AT_FIRST);
    var peak = run(Scaling.fixed(), AT_THE_PEAK);
    String seen =
        "gateway %.4f with %.2f, by use %.4f with %.2f, peak %.4f"
            .formatted(
                attained(gateway),
                gateway.use().meanReplicas(),
                attained(use),
                use.use().meanReplicas(),
                attained(peak));
    assertThat(attained(peak)).as(seen).isGreaterThan(0.99);
    assertThat(attained(gateway)).as(seen).isGreaterThan(0.985);
    assertThat(attained(gateway)).as(seen).isGreaterThanOrEqualTo(attained(use));
    assertThat(gateway.use().replicaSeconds() / peak.use().replicaSeconds())
        .as(seen)
        .isLessThan(0.78);
  }
}
