package io.penstock.gateway.choose;

import io.penstock.config.Complexity;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.Tier;
import io.penstock.gateway.call.Route;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedSet;

/**
 * One tier's pools. Allowed are those of its route and its further pools; a pool's fallbacks are
 * for failure and open nothing. For each complexity there is an order in which pools are tried: the
 * route's own, then those of harder classes, then of easier ones, then the tier's further pools;
 * and the route that results when the first of them can take the call, made once.
 */
final class TierRoutes {
  private final String tier;
  private final Map<Complexity, String> routed;
  private final List<Pool> allowed;
  private final Map<Complexity, List<Pool>> orders = new EnumMap<>(Complexity.class);
  private final Map<Complexity, Route> usual = new EnumMap<>(Complexity.class);

  TierRoutes(Tier tier, PenstockConfig config) {
    this.tier = tier.name();
    this.routed = tier.route();
    this.allowed = order(Complexity.SIMPLE, tier, config);
    for (Complexity complexity : Complexity.values()) {
      List<Pool> order = order(complexity, tier, config);
      Pool first = order.getFirst();
      orders.put(complexity, order);
      usual.put(complexity, new Route(first, reason(complexity, first), others(first)));
    }
  }

  private static List<Pool> order(Complexity complexity, Tier tier, PenstockConfig config) {
    SequencedSet<String> names = new LinkedHashSet<>();
    List<Complexity> classes = List.of(Complexity.values());
    int own = classes.indexOf(complexity);
    List<Complexity> tried = new ArrayList<>(classes.subList(own, classes.size()));
    tried.addAll(classes.subList(0, own).reversed());
    for (Complexity next : tried) {
      names.add(Objects.requireNonNull(tier.route().get(next)));
    }
    names.addAll(tier.pools());
    return poolsNamed(names, config);
  }

  private static List<Pool> poolsNamed(Collection<String> names, PenstockConfig config) {
    List<Pool> pools = new ArrayList<>(names.size());
    for (String name : names) {
      pools.add(Objects.requireNonNull(config.pools().get(name), name));
    }
    return List.copyOf(pools);
  }

  String tier() {
    return tier;
  }

  /** Every pool that the tier may use. */
  List<Pool> allowed() {
    return allowed;
  }

  /** The allowed pools in the order in which they are tried. */
  List<Pool> order(Complexity complexity) {
    return Objects.requireNonNull(orders.get(complexity));
  }

  /** The route that is taken when the first pool of the order can take the call. */
  Route usual(Complexity complexity) {
    return Objects.requireNonNull(usual.get(complexity));
  }

  /** The pools of easier or harder classes, nearest first, as the tier wants when one is full. */
  List<Pool> whenBusy(Complexity complexity, Tier.WhenBusy how) {
    List<Complexity> classes = List.of(Complexity.values());
    int own = classes.indexOf(complexity);
    List<Complexity> instead =
        switch (how) {
          case DEGRADE -> classes.subList(0, own).reversed();
          case UPGRADE -> classes.subList(own + 1, classes.size());
          case REJECT, WAIT -> List.of();
        };
    return instead.stream().map(this::poolOf).distinct().toList();
  }

  private Pool poolOf(Complexity complexity) {
    return order(complexity).getFirst();
  }

  /** Why a pool takes what the route gives it, in words. */
  String reason(Complexity complexity, Pool pool) {
    return "tier " + tier + " sends " + complexity.label() + " requests to " + pool.name();
  }

  private List<Route.Alternative> others(Pool taken) {
    return allowed.stream()
        .filter(pool -> !pool.equals(taken))
        .map(pool -> new Route.Alternative(pool, use(pool)))
        .toList();
  }

  /** What the tier uses a pool for, in words. */
  String use(Pool pool) {
    List<String> classes = new ArrayList<>(3);
    for (Complexity complexity : Complexity.values()) {
      if (pool.name().equals(routed.get(complexity))) {
        classes.add(complexity.label());
      }
    }
    return classes.isEmpty()
        ? "tier " + tier + " uses it only where a request names it"
        : "tier " + tier + " keeps it for " + String.join(" and ", classes) + " requests";
  }
}
