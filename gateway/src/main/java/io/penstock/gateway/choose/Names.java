package io.penstock.gateway.choose;

import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * What a client may call a pool: its name first, then its model's name, what its servers call the
 * model, and what others call the model. A name that several pools answer to lists them in the
 * config's order; a pool's own name wins over a model's.
 */
final class Names {
  private final Map<String, Pool> pools;
  private final Map<String, List<Pool>> models = new HashMap<>();
  private final UnaryOperator<String> catalogueName;

  /**
   * @param config whose pools are named
   * @param catalogueName a model's name in the catalogue for any of its aliases; what it does not
   *     know comes back as it is
   */
  Names(PenstockConfig config, UnaryOperator<String> catalogueName) {
    this.pools = config.pools();
    this.catalogueName = catalogueName;
    for (Pool pool : pools.values()) {
      name(pool.model(), pool);
      name(pool.servedModel(), pool);
      name(catalogueName.apply(pool.model()), pool);
    }
  }

  private void name(String model, Pool pool) {
    List<Pool> known = models.computeIfAbsent(model, _ -> new ArrayList<>(1));
    if (!known.contains(pool)) {
      known.add(pool);
    }
  }

  /** The pools that answer to a name; none for a name that nobody has. */
  List<Pool> named(String name) {
    Pool pool = pools.get(name);
    if (pool != null) {
      return List.of(pool);
    }
    List<Pool> known = models.get(name);
    return known != null ? known : models.getOrDefault(catalogueName.apply(name), List.of());
  }
}
