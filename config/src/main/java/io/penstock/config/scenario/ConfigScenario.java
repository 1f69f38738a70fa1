package io.penstock.config.scenario;

import io.penstock.config.Capacity;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.Slo;
import io.penstock.config.catalog.ApiPrice;
import io.penstock.config.catalog.Catalog;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.cost.TokenPrice;
import io.penstock.planner.model.Precision;
import io.penstock.planner.size.Availability;
import io.penstock.planner.size.Availability.Range;
import io.penstock.planner.size.Bound;
import io.penstock.planner.size.Demand;
import io.penstock.planner.size.Money;
import io.penstock.planner.size.Requirement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The pools of a gateway's config as a scenario. */
public final class ConfigScenario {
  private final Catalog catalog;
  private final Function<Pool, Availability> availability;

  private ConfigScenario(Catalog catalog, Function<Pool, Availability> availability) {
    this.catalog = catalog;
    this.availability = availability;
  }

  /**
   * Every pool with its share of the traffic, on the hardware that the config gives it. Throws with
   * one line on a pool that cannot be planned.
   *
   * @param name what to call it
   * @param availability of each pool, but for the replicas that may run, which the config has
   * @param shares of the traffic by pool; pools that are not in it share what is left evenly
   */
  public static Scenario of(
      String name,
      PenstockConfig config,
      Demand demand,
      Function<Pool, Availability> availability,
      Map<String, Double> shares) {
    shares.keySet().stream()
        .filter(pool -> !config.pools().containsKey(pool))
        .findFirst()
        .ifPresent(pool -> {
          throw new IllegalArgumentException("the config has no pool " + pool);
        });
    double given = shares.values().stream().mapToDouble(share -> share).sum();
    if (given > 1 + 1e-9) {
      throw new IllegalArgumentException("the shares sum to over 100%");
    }
    long others = config.pools().keySet().stream().filter(p -> !shares.containsKey(p)).count();
    var demands = new LinkedHashMap<String, Demand>();
    for (String pool : config.pools().keySet()) {
      double share = shares.getOrDefault(pool, others == 0 ? 0 : (1 - given) / others);
      if (share > 1e-9) {
        demands.put(pool, demand.times(share));
      }
    }
    return of(name, config, demands, availability, List.of());
  }

  /**
   * The pools that have a demand of their own, on the hardware that the config gives them.
   *
   * @param given what the demands come from
   */
  public static Scenario of(
      String name,
      PenstockConfig config,
      Map<String, Demand> demands,
      Function<Pool, Availability> availability,
      List<Scenario.Given> given) {
    var binding = new ConfigScenario(config.catalog(), availability);
    double whole = demands.values().stream().mapToDouble(Demand::peakPerSecond).sum();
    var wishes = new ArrayList<PoolWish>();
    config
        .pools()
        .forEach((pool, settings) -> {
          var demand = demands.get(pool);
          if (demand != null) {
            wishes.add(binding.wish(settings, demand.peakPerSecond() / whole, demand));
          }
        });
    return new Scenario(name, "", wishes, 0, Optional.empty(), Optional.empty(), List.of(), given);
  }

  private PoolWish wish(Pool pool, double share, Demand demand) {
    var requirement =
        new Requirement(
            pool.name(),
            demand,
            bounds(pool.slo()),
            availability
                .apply(pool)
                .with(pool.capacity().map(ConfigScenario::range).orElse(Range.ANY)),
            Money.UNBOUNDED,
            Requirement.UNCALIBRATED);
    return pool.capacity()
        .map(capacity -> onHardware(pool, capacity, share, requirement))
        .orElseGet(() ->
            new PoolWish(
                pool.name(),
                false,
                share,
                requirement,
                List.of(),
                List.of(),
                Optional.of(price(pool))));
  }

  private PoolWish onHardware(Pool pool, Capacity capacity, double share, Requirement asked) {
    var gpu = catalog.gpus().get(capacity.gpu());
    var priced = capacity.usdPerGpuHour() > 0 ? gpu.at(capacity.usdPerGpuHour()) : gpu;
    var weights = precision(capacity.weights());
    var deployment =
        new Deployment(
            catalog.models().get(pool.model()),
            priced,
            capacity.gpusPerReplica(),
            weights,
            precision(capacity.kv()),
            catalog.engine(capacity.engine(), priced, weights));
    var others =
        new Hardware(catalog)
            .others(
                deployment.model(),
                weights,
                deployment.kv(),
                capacity.engine(),
                List.of(deployment));
    return new PoolWish(
        pool.name(), false, share, asked, List.of(deployment), others, Optional.empty());
  }

  private static Range range(Capacity capacity) {
    return new Range(capacity.min(), capacity.max());
  }

  private ApiPrice price(Pool pool) {
    return pool.price()
        .map(price ->
            new ApiPrice(
                pool.model(),
                "the config",
                new TokenPrice(price.input(), price.cachedInput(), price.output()),
                pool.contextTokens(),
                "",
                ""))
        .or(() -> catalog.prices().find(pool.model()))
        .orElseThrow(() ->
            new IllegalArgumentException(
                "pools." + pool.name() + ": has neither capacity nor a price for " + pool.model()));
  }

  /** A pool's promises, to 95 of 100 requests. */
  public static List<Bound> bounds(Slo slo) {
    var bounds = new ArrayList<Bound>();
    add(bounds, Bound.Metric.TTFT, slo.ttft());
    add(bounds, Bound.Metric.TPOT, slo.tpot());
    return bounds;
  }

  private static void add(List<Bound> bounds, Bound.Metric metric, Duration time) {
    if (time.isPositive()) {
      bounds.add(new Bound(metric, Bound.Percentile.P95, time.toNanos() / 1e9));
    }
  }

  private static Precision precision(String name) {
    return Precision.named(name)
        .orElseThrow(() -> new IllegalArgumentException("no precision is called " + name));
  }
}
