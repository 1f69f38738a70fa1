package io.penstock.gateway.report;

import io.penstock.config.Capacity;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.Slo;
import io.penstock.config.catalog.ApiPrice;
import io.penstock.config.catalog.Catalog;
import io.penstock.gateway.cost.Replicas;
import io.penstock.planner.autoscale.PoolCapacity;
import io.penstock.planner.calibrate.Calibrated;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.cost.TokenPrice;
import io.penstock.planner.report.PoolFacts;
import io.penstock.planner.size.Bound;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What a config says of its pools, as a report needs it. */
final class Facts {
  /** Of answers, from which on what they showed is believed. */
  private static final int FEWEST_SAMPLES = 20;

  private Facts() {}

  /**
   * The pools of a config.
   *
   * @param seen what live traffic showed of them; what it says nothing of is as in the catalogue
   */
  static List<PoolFacts> of(PenstockConfig config, List<PoolCapacity> seen) {
    var catalog = config.catalog();
    var replicas = new Replicas(config, catalog);
    return config.pools().values().stream()
        .map(pool -> facts(pool, replicas.deployment(pool), learned(pool, seen), catalog))
        .toList();
  }

  private static Optional<Calibrated> learned(Pool pool, List<PoolCapacity> seen) {
    return seen.stream()
        .filter(each -> each.pool().equals(pool.name()))
        .map(PoolCapacity::calibrated)
        .filter(calibrated -> calibrated.samples() >= FEWEST_SAMPLES)
        .findFirst();
  }

  private static PoolFacts facts(
      Pool pool, Optional<Deployment> replica, Optional<Calibrated> learned, Catalog catalog) {
    var capacity = pool.capacity();
    return new PoolFacts(
        pool.name(),
        capacity
            .flatMap(known -> replica.map(planned -> priced(planned, known)))
            .map(planned -> learned.map(of -> of.apply(planned)).orElse(planned)),
        learned.map(Calibrated::samples).orElse(0L),
        pool.backends().size(),
        capacity.map(Capacity::min).orElse(0),
        capacity.map(known -> known.scaling().spareReplicas()).orElse(0),
        capacity.map(known -> known.scaling().headroom()).orElse(0.0),
        promises(pool.slo()),
        capacity.isPresent() ? Optional.empty() : price(pool, catalog));
  }

  private static Deployment priced(Deployment replica, Capacity capacity) {
    return capacity.usdPerGpuHour() > 0
        ? new Deployment(
            replica.model(),
            replica.gpu().at(capacity.usdPerGpuHour()),
            replica.tensorParallel(),
            replica.weights(),
            replica.kv(),
            replica.engine())
        : replica;
  }

  private static Optional<TokenPrice> price(Pool pool, Catalog catalog) {
    return pool.price()
        .map(own -> new TokenPrice(own.input(), own.cachedInput(), own.output()))
        .or(() -> catalog.prices().find(pool.model()).map(ApiPrice::price));
  }

  private static List<Bound> promises(Slo slo) {
    var bounds = new ArrayList<Bound>(2);
    promise(bounds, Bound.Metric.TTFT, slo.ttft());
    promise(bounds, Bound.Metric.TPOT, slo.tpot());
    return bounds;
  }

  private static void promise(List<Bound> bounds, Bound.Metric metric, Duration within) {
    if (within.isPositive()) {
      bounds.add(new Bound(metric, Bound.Percentile.P95, within.toNanos() / 1e9));
    }
  }
}
