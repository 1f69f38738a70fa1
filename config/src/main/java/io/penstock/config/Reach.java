package io.penstock.config;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Where the requests of a tier can end up. */
final class Reach {
  private final Map<String, Pool> pools;

  Reach(Map<String, Pool> pools) {
    this.pools = pools;
  }

  /** By route, by pin, and from there by fallback. */
  Set<String> of(Tier tier) {
    Set<String> reached = new LinkedHashSet<>();
    follow(tier.route().values(), reached);
    follow(tier.pools(), reached);
    return reached;
  }

  /** A pool and all that stands behind it. */
  Set<String> from(String pool) {
    Set<String> reached = new LinkedHashSet<>();
    follow(List.of(pool), reached);
    return reached;
  }

  private void follow(Collection<String> names, Set<String> reached) {
    for (String name : names) {
      Pool pool = pools.get(name);
      if (pool != null && reached.add(name)) {
        follow(pool.fallback(), reached);
      }
    }
  }
}
