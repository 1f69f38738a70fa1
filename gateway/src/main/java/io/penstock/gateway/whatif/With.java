package io.penstock.gateway.whatif;

import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import java.util.LinkedHashMap;

/** A config with one pool changed. */
final class With {
  private With() {}

  static PenstockConfig pool(PenstockConfig config, Pool changed) {
    var pools = new LinkedHashMap<>(config.pools());
    pools.put(changed.name(), changed);
    return new PenstockConfig(
        config.server(),
        config.admin(),
        config.tiers(),
        config.keys(),
        pools,
        config.complexity(),
        config.cache(),
        config.redis(),
        config.traffic());
  }
}
