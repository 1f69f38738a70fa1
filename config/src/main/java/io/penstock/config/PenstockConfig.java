package io.penstock.config;

import io.penstock.config.catalog.Catalog;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Everything that an operator writes, read and checked: what one part says of another holds. Maps
 * keep the order of the file.
 *
 * @param server the data port
 * @param admin the admin port
 * @param tiers by name
 * @param keys API keys, by their hash
 * @param keysFile further keys, a line each; read again when it changes
 * @param jwt tokens that are taken for keys
 * @param pools by name
 * @param complexity where the classes part
 * @param cache exact answers
 * @param redis the shared store; absent: everything in this process
 * @param traffic the journal; absent: none is kept
 * @param traces the traces for OpenTelemetry; absent: none are made
 * @param catalog what is shipped, and the operator's own GPUs, models, engines and prices
 */
public record PenstockConfig(
    Server server,
    Admin admin,
    Map<String, Tier> tiers,
    List<ApiKey> keys,
    Optional<Path> keysFile,
    Optional<Jwt> jwt,
    Map<String, Pool> pools,
    ComplexityBands complexity,
    Cache cache,
    Optional<Redis> redis,
    Optional<Traffic> traffic,
    Optional<Traces> traces,
    Catalog catalog) {

  public PenstockConfig {
    new Check().all(CrossChecks.complaints(server, admin, tiers, keys, jwt, pools)).orRefuse();
    tiers = Collections.unmodifiableMap(new LinkedHashMap<>(tiers));
    keys = List.copyOf(keys);
    pools = Collections.unmodifiableMap(new LinkedHashMap<>(pools));
  }

  /** The same config with another place for its records. */
  public PenstockConfig recordingTo(Traffic journal) {
    return new PenstockConfig(
        server,
        admin,
        tiers,
        keys,
        keysFile,
        jwt,
        pools,
        complexity,
        cache,
        redis,
        Optional.of(journal),
        traces,
        catalog);
  }

  /** The same config with one pool in the place of the one of its name. */
  public PenstockConfig with(Pool pool) {
    var changed = new LinkedHashMap<>(pools);
    changed.put(pool.name(), pool);
    return new PenstockConfig(
        server,
        admin,
        tiers,
        keys,
        keysFile,
        jwt,
        changed,
        complexity,
        cache,
        redis,
        traffic,
        traces,
        catalog);
  }
}
