package io.penstock.config;

import io.penstock.config.InvalidConfigException.Complaint;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the parts of a config say of one another, and must not. */
final class CrossChecks {
  private final Map<String, Tier> tiers;
  private final List<ApiKey> keys;
  private final Map<String, Pool> pools;
  private final List<Complaint> complaints = new ArrayList<>();

  private CrossChecks(Map<String, Tier> tiers, List<ApiKey> keys, Map<String, Pool> pools) {
    this.tiers = tiers;
    this.keys = keys;
    this.pools = pools;
  }

  static List<Complaint> complaints(
      Server server,
      Admin admin,
      Map<String, Tier> tiers,
      List<ApiKey> keys,
      Optional<Jwt> jwt,
      Map<String, Pool> pools) {
    var checks = new CrossChecks(tiers, keys, pools);
    checks.ports(server, admin);
    checks.complain(!tiers.isEmpty(), "tiers", "is empty: write at least one tier");
    checks.complain(!pools.isEmpty(), "pools", "is empty: write at least one pool");
    tiers.values().forEach(checks::tier);
    checks.keys();
    jwt.ifPresent(checks::jwt);
    pools.values().forEach(checks::pool);
    checks.reservations();
    checks.cycles();
    return checks.complaints;
  }

  private void complain(boolean holds, String path, String otherwise) {
    if (!holds) {
      complaints.add(new Complaint(path, otherwise));
    }
  }

  private void ports(Server server, Admin admin) {
    boolean sameHost =
        server.host().equals(admin.host())
            || Set.of("0.0.0.0", "::").contains(server.host())
            || Set.of("0.0.0.0", "::").contains(admin.host());
    complain(
        !sameHost || server.port() != admin.port() || server.port() == 0,
        "admin.port",
        admin.port() + " is also the data port: write another");
  }

  private void tier(Tier tier) {
    String path = "tiers." + tier.name();
    tier.route().forEach((complexity, pool) -> known(pool, path + ".route." + complexity.label()));
    knownList(tier.pools(), path + ".pools");
    tier.reserved().keySet().forEach(pool -> known(pool, path + ".reserved." + pool));
  }

  private void keys() {
    var ids = new HashMap<String, String>();
    var hashes = new HashMap<String, String>();
    for (int i = 0; i < keys.size(); i++) {
      ApiKey key = keys.get(i);
      String path = "keys[" + i + "]";
      complain(
          tiers.containsKey(key.tier()),
          path + ".tier",
          unknown("tier", key.tier(), tiers.keySet()));
      once(ids, key.id(), path, ".id", Notation.quote(key.id()));
      once(hashes, key.sha256(), path, ".sha256", "this key");
    }
  }

  private void jwt(Jwt jwt) {
    jwt.tiers()
        .forEach((claim, tier) ->
            complain(
                tiers.containsKey(tier),
                "jwt.tiers." + claim,
                unknown("tier", tier, tiers.keySet())));
    jwt.defaultTier()
        .ifPresent(tier ->
            complain(
                tiers.containsKey(tier),
                "jwt.default-tier",
                unknown("tier", tier, tiers.keySet())));
  }

  private void pool(Pool pool) {
    String path = "pools." + pool.name();
    complain(
        !pool.name().equals("auto"), path, "auto is what lets Penstock route: write another name");
    knownList(pool.fallback(), path + ".fallback");
    var ids = new HashMap<String, String>();
    for (int i = 0; i < pool.backends().size(); i++) {
      String id = pool.backends().get(i).id();
      once(ids, id, path + ".backends[" + i + "]", ".id", Notation.quote(id));
    }
    Set<String> both = new LinkedHashSet<>(pool.remove());
    both.retainAll(pool.set().keySet());
    both.forEach(
        field -> complain(false, path + ".set." + field, "is also in remove: leave it in one"));
  }

  private void once(Map<String, String> seen, String value, String path, String key, String shown) {
    String first = seen.putIfAbsent(value, path);
    complain(first == null, path + key, shown + " is also at " + first + ": write each once");
  }

  private void reservations() {
    var shares = new LinkedHashMap<String, Double>();
    for (Tier tier : tiers.values()) {
      tier.reserved()
          .forEach((pool, share) -> {
            double sum = shares.merge(pool, share, Double::sum);
            complain(
                sum <= 1 + 1e-9,
                "tiers." + tier.name() + ".reserved." + pool,
                "brings the shares kept of "
                    + pool
                    + " to "
                    + Notation.plain(sum * 100)
                    + "%: all of them together are at most 100%");
          });
    }
  }

  private void cycles() {
    for (Pool pool : pools.values()) {
      var chain = new LinkedHashSet<String>();
      complain(
          !returns(pool.name(), pool, chain, new HashSet<>()),
          "pools." + pool.name() + ".fallback",
          "leads back to "
              + pool.name()
              + (chain.isEmpty() ? "" : " by way of " + String.join(", ", chain))
              + ": a fallback goes one way");
    }
  }

  /** Whether the fallbacks from one pool on lead to the pool of that name; chain: through which. */
  private boolean returns(String name, Pool from, Set<String> chain, Set<String> seen) {
    for (String next : from.fallback()) {
      if (next.equals(name)) {
        return true;
      }
      Pool pool = pools.get(next);
      if (pool != null && seen.add(next)) {
        chain.add(next);
        if (returns(name, pool, chain, seen)) {
          return true;
        }
        chain.remove(next);
      }
    }
    return false;
  }

  private void known(String pool, String path) {
    complain(pools.containsKey(pool), path, unknown("pool", pool, pools.keySet()));
  }

  private void knownList(List<String> names, String path) {
    for (int i = 0; i < names.size(); i++) {
      known(names.get(i), path + "[" + i + "]");
      complain(names.indexOf(names.get(i)) == i, path + "[" + i + "]", "is written twice");
    }
  }

  static String unknown(String what, String name, Collection<String> known) {
    return "there is no " + what + " " + Notation.quote(name) + ": " + Nearest.hint(name, known);
  }
}
