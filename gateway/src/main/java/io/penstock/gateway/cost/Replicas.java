package io.penstock.gateway.cost;

import io.penstock.config.Capacity;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.catalog.Catalog;
import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Engine;
import io.penstock.planner.capacity.Memory;
import io.penstock.planner.capacity.MemoryBudget;
import io.penstock.planner.hardware.Gpu;
import io.penstock.planner.model.ModelSpec;
import io.penstock.planner.model.Precision;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The capacity model of one replica of each pool whose hardware the config names and the catalogue
 * knows: as live traffic showed it, where there was enough, else as the catalogue has it. Shared by
 * all loops.
 */
public final class Replicas {
  private final Map<String, ContinuousBatching> byPool = new HashMap<>();
  private final Map<String, Deployment> deployments = new HashMap<>();

  private final Function<String, @Nullable ContinuousBatching> learned;

  /** As the catalogue has them. */
  public Replicas(PenstockConfig config, Catalog catalog) {
    this(config, catalog, _ -> null);
  }

  /**
   * @param learned a pool's replica as traffic showed it, by the pool's name; null: not yet
   */
  public Replicas(
      PenstockConfig config,
      Catalog catalog,
      Function<String, @Nullable ContinuousBatching> learned) {
    this.learned = learned;
    for (Pool pool : config.pools().values()) {
      pool.capacity()
          .flatMap(capacity -> deployment(pool, capacity, catalog))
          .filter(deployment -> Memory.of(deployment) instanceof MemoryBudget)
          .ifPresent(fitting -> {
            deployments.put(pool.name(), fitting);
            byPool.put(pool.name(), ContinuousBatching.of(fitting));
          });
    }
  }

  /** What a pool's replica can do; none where its hardware or its model is not known. */
  public Optional<ContinuousBatching> of(Pool pool) {
    ContinuousBatching prior = byPool.get(pool.name());
    if (prior == null) {
      return Optional.empty();
    }
    ContinuousBatching seen = learned.apply(pool.name());
    return Optional.of(seen == null ? prior : seen);
  }

  /** A pool's replica as the config has it; none where its hardware or its model is not known. */
  public Optional<Deployment> deployment(Pool pool) {
    return Optional.ofNullable(deployments.get(pool.name()));
  }

  private static Optional<Deployment> deployment(Pool pool, Capacity capacity, Catalog catalog) {
    Optional<ModelSpec> model = catalog.models().find(pool.model());
    Optional<Gpu> gpu = catalog.gpus().find(capacity.gpu());
    Optional<Precision> weights = runnable(capacity.weights(), gpu);
    Optional<Precision> kv = runnable(capacity.kv(), gpu);
    Optional<Engine> engine =
        weights.flatMap(width -> catalog.findEngine(capacity.engine(), gpu.orElseThrow(), width));
    if (model.isEmpty() || engine.isEmpty() || weights.isEmpty() || kv.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Deployment(
            model.get(),
            gpu.orElseThrow(),
            capacity.gpusPerReplica(),
            weights.get(),
            kv.get(),
            engine.get()));
  }

  private static Optional<Precision> runnable(String name, Optional<Gpu> gpu) {
    return Precision.named(name).filter(precision -> gpu.filter(precision::runsOn).isPresent());
  }
}
