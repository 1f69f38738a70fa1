package io.penstock.gateway.cost;

import io.penstock.config.Capacity;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.catalog.ApiPrice;
import io.penstock.config.catalog.Catalog;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Usage;
import io.penstock.planner.cost.GpuTime;
import io.penstock.planner.cost.TokenPrice;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What calls cost, in whole micro-USD, so that sums are exact. A pool's own price list comes first;
 * then, where the config names its hardware, the call's share of a replica's time at the price of
 * its GPUs (planner: {@link GpuTime}); then the catalogue's price for the model. Idle time is on
 * nobody's bill. Shared by all loops; a price takes a microsecond or so.
 */
public final class Cost {
  private static final double MICROS = 1e6;
  private static final Tariff UNPRICED = new Tariff.Unpriced();

  private final Map<String, Tariff> tariffs = new HashMap<>();

  /** Where a cost comes from; the label is what the dry run shows. */
  public enum Basis {
    PRICE_LIST("price-list"),
    GPU_TIME("gpu-time"),
    UNKNOWN("unknown");

    private final String label;

    Basis(String label) {
      this.label = label;
    }

    public String label() {
      return label;
    }
  }

  /**
   * @param config whose pools are priced
   * @param catalog the prices of GPUs and of models where the config has none
   * @param replicas what the pools' replicas can do
   */
  public Cost(PenstockConfig config, Catalog catalog, Replicas replicas) {
    for (Pool pool : config.pools().values()) {
      tariffs.put(pool.name(), tariff(pool, catalog, replicas));
    }
  }

  private static Tariff tariff(Pool pool, Catalog catalog, Replicas replicas) {
    if (pool.price().isPresent()) {
      Pool.Price own = pool.price().get();
      return new Tariff.PerToken(new TokenPrice(own.input(), own.cachedInput(), own.output()));
    }
    if (pool.capacity().isPresent()) {
      return replica(pool, pool.capacity().get(), catalog, replicas);
    }
    return catalog
        .prices()
        .find(pool.model())
        .map(ApiPrice::price)
        .<Tariff>map(Tariff.PerToken::new)
        .orElse(UNPRICED);
  }

  private static Tariff replica(Pool pool, Capacity capacity, Catalog catalog, Replicas replicas) {
    double gpuUsdPerHour =
        capacity.usdPerGpuHour() > 0
            ? capacity.usdPerGpuHour()
            : catalog.gpus().find(capacity.gpu()).map(gpu -> gpu.usdPerHour()).orElse(0.0);
    if (gpuUsdPerHour <= 0) {
      return UNPRICED;
    }
    var time = new GpuTime(gpuUsdPerHour * capacity.gpusPerReplica());
    return replicas
        .of(pool)
        .<Tariff>map(_ -> new Tariff.ReplicaShare(() -> replicas.of(pool).orElseThrow(), time))
        .orElse(new Tariff.ReplicaTime(time));
  }

  /** Where the costs of a pool's calls come from. */
  public Basis basis(Pool pool) {
    return tariff(pool).basis();
  }

  /**
   * What a call will probably cost; empty where that cannot be told before it has run.
   *
   * @param promptTokens as its model will probably count them
   * @param cachedShare the share of them that will not be computed
   * @param inFlight calls at its backend, this one included
   */
  public OptionalLong expectedMicroUsd(
      Pool pool, Demand demand, double promptTokens, double cachedShare, int inFlight) {
    var tokens =
        new Tariff.Tokens(promptTokens, cachedShare * promptTokens, demand.completionExpected());
    return microUsd(tariff(pool).usd(tokens, inFlight));
  }

  /** The same of a prompt as it is estimated, nothing of which is known to its backend. */
  public OptionalLong expectedMicroUsd(Pool pool, Demand demand, int inFlight) {
    return expectedMicroUsd(pool, demand, demand.promptTokens(), 0, inFlight);
  }

  /**
   * The most that a call can cost: alone on its backend, with the longest completion. Empty where
   * that cannot be told.
   */
  public OptionalLong maxMicroUsd(Pool pool, Call call, Demand demand) {
    long completion = completionMax(pool, call, demand);
    return completion < 0
        ? OptionalLong.empty()
        : microUsd(tariff(pool).usd(new Tariff.Tokens(demand.promptTokens(), 0, completion), 1));
  }

  /**
   * What a call cost that has ended; 0 where nobody says what its pool costs.
   *
   * @param seconds from its dispatch to its end
   * @param inFlight calls at its backend when it was sent there, this one included
   */
  public long microUsd(Pool pool, Usage usage, double seconds, int inFlight) {
    var tokens =
        new Tariff.Tokens(usage.promptTokens(), usage.cachedTokens(), usage.completionTokens());
    return microUsd(tariff(pool).usd(tokens, inFlight, seconds)).orElse(0);
  }

  /**
   * The most tokens that a call's answers can have together: what the client allows, or what the
   * pool's context leaves. -1 where neither is known.
   */
  public static long completionMax(Pool pool, Call call, Demand demand) {
    if (demand.completionMax() != Demand.OPEN) {
      return demand.completionMax();
    }
    if (pool.contextTokens() <= 0) {
      return -1;
    }
    long prompts = Math.max(1, call.body().prompts());
    long left = Math.max(0, pool.contextTokens() - demand.promptTokens() / prompts);
    return left * prompts * Math.max(1, call.body().choices());
  }

  private Tariff tariff(Pool pool) {
    return tariffs.getOrDefault(pool.name(), UNPRICED);
  }

  private static OptionalLong microUsd(double usd) {
    return Double.isNaN(usd) ? OptionalLong.empty() : OptionalLong.of(Math.round(usd * MICROS));
  }
}
