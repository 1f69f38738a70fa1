package io.penstock.gateway.cost;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.Complexity;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.catalog.Catalog;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Calls;
import io.penstock.gateway.call.Configs;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Usage;
import java.util.Objects;
import org.junit.jupiter.api.Test;

final class CostTest {
  private final PenstockConfig config = Configs.fleet();
  private final Catalog catalog = Catalog.shipped();
  private final Replicas replicas = new Replicas(config, catalog);
  private final Cost cost = new Cost(config, catalog, replicas);

  private Pool pool(String name) {
    return Objects.requireNonNull(config.pools().get(name));
  }

  private static Usage usage(int prompt, int cached, int completion) {
    return new Usage(prompt, cached, completion, true);
  }

  private static Demand demand(int prompt, int max) {
    return Configs.demand(Complexity.SIMPLE, prompt, max);
  }

  private static Call open() {
    return Calls.chat("hello");
  }

  @Test
  void microUsd_byPriceList_isExact() {
    Pool large = pool("large");
    assertThat(cost.basis(large)).isEqualTo(Cost.Basis.PRICE_LIST);
    assertThat(cost.microUsd(large, usage(1000, 0, 500), 9, 3)).isEqualTo(30_000 + 30_000);
    assertThat(cost.microUsd(large, usage(1000, 400, 500), 9, 3))
        .isEqualTo(18_000 + 6_000 + 30_000);
    assertThat(cost.microUsd(large, Usage.NONE, 9, 3)).isZero();
  }

  @Test
  void microUsd_byGpuTime_isTheShareOfTheReplica() {
    Pool small = pool("small");
    assertThat(cost.basis(small)).isEqualTo(Cost.Basis.GPU_TIME);
    long alone = cost.microUsd(small, usage(200, 0, 200), 0, 1);
    long among = cost.microUsd(small, usage(200, 0, 200), 0, 8);
    assertThat(among).isPositive().isLessThan(alone / 3);
    double seconds = replicas.of(small).orElseThrow().expect(200, 200, 0).total().mean();
    assertThat((double) alone)
        .isBetween(0.8 * seconds * 0.8e6 / 3600, 1.2 * seconds * 0.8e6 / 3600);
  }

  @Test
  void microUsd_ofNothing_isNothing() {
    assertThat(cost.microUsd(pool("small"), Usage.NONE, 3, 1)).isZero();
  }

  @Test
  void microUsd_ofACachedPrompt_isLess() {
    Pool small = pool("small");
    assertThat(cost.microUsd(small, usage(3000, 2900, 1), 0, 1))
        .isLessThan(cost.microUsd(small, usage(3000, 0, 1), 0, 1));
  }

  @Test
  void expected_isNeverOverTheMost() {
    for (String name : new String[] {"small", "medium", "large"}) {
      Pool pool = pool(name);
      for (int inFlight = 1; inFlight < 40; inFlight += 7) {
        long expected = cost.expectedMicroUsd(pool, demand(500, 200), inFlight).orElseThrow();
        long max = cost.maxMicroUsd(pool, open(), demand(500, 200)).orElseThrow();
        long open = cost.maxMicroUsd(pool, open(), demand(500, Demand.OPEN)).orElseThrow();
        assertThat(expected).isPositive().isLessThanOrEqualTo(max);
        assertThat(max).isLessThan(open);
      }
    }
  }

  @Test
  void completionMax_ofAnOpenCall_isWhatTheContextLeavesEachAnswer() {
    Call three = new Calls().user("hello").choices(3).build();
    assertThat(Cost.completionMax(pool("small"), three, demand(96, Demand.OPEN)))
        .isEqualTo(3 * 4000);
    assertThat(Cost.completionMax(pool("small"), three, demand(96, 30))).isEqualTo(30);
  }

  @Test
  void microUsd_whereNobodySaysThePrice_isUnknown() {
    Pool vectors = pool("vectors");
    assertThat(cost.basis(vectors)).isEqualTo(Cost.Basis.UNKNOWN);
    assertThat(cost.expectedMicroUsd(vectors, demand(10, 0), 1)).isEmpty();
    assertThat(cost.microUsd(vectors, usage(10, 0, 0), 1, 1)).isZero();
  }

  @Test
  void microUsd_ofAProviderInTheCatalogue_takesItsPrice() {
    PenstockConfig other =
        Configs.of(
            """
            tiers: {free: {route: {simple: p, medium: p, complex: p}}}
            keys: []
            pools: {p: {provider: openai, model: gpt-4, url: "http://api.test"}}
            """);
    Cost priced = new Cost(other, catalog, new Replicas(other, catalog));
    Pool pool = Objects.requireNonNull(other.pools().get("p"));
    double usd = catalog.prices().get("gpt-4").price().usd(1000, 1000);
    assertThat(priced.basis(pool)).isEqualTo(Cost.Basis.PRICE_LIST);
    assertThat(priced.microUsd(pool, usage(1000, 0, 1000), 1, 1)).isEqualTo(Math.round(usd * 1e6));
  }

  @Test
  void microUsd_whereAReplicaDoesNotFit_isMeasuredAndShared() {
    PenstockConfig other =
        Configs.of(
            """
            tiers: {free: {route: {simple: p, medium: p, complex: p}}}
            keys: []
            pools:
              p:
                model: llama-2-13b
                url: http://p.test
                capacity: {gpu: t4, gpus-per-replica: 1, engine: vllm, weights: fp16, kv: fp16, usd-per-gpu-hour: 3.60, min: 1, max: 1}
            """);
    Cost measured = new Cost(other, catalog, new Replicas(other, catalog));
    Pool pool = Objects.requireNonNull(other.pools().get("p"));
    assertThat(measured.microUsd(pool, usage(10, 0, 10), 2, 4)).isEqualTo(500);
    assertThat(measured.expectedMicroUsd(pool, demand(10, 10), 1)).isEmpty();
  }
}
