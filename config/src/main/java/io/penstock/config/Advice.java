package io.penstock.config;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * What can be served but is hardly meant: parts that nothing reaches, limits that can never bind. A
 * claim of "never" is made only where it follows from the config alone.
 */
final class Advice {
  /** One call may be sent to each pool of its way twice. */
  private static final int ATTEMPTS_PER_POOL = 2;

  private final PenstockConfig config;
  private final Reach reach;

  Advice(PenstockConfig config) {
    this.config = config;
    this.reach = new Reach(config.pools());
  }

  /** Calls {@code warn} with a path and a message for each. */
  void give(BiConsumer<String, String> warn) {
    keys(warn);
    classes(warn);
    unreachedPools(warn);
    config.tiers().values().forEach(tier -> tier(tier, warn));
    config.pools().values().forEach(pool -> pool(pool, warn));
  }

  private void keys(BiConsumer<String, String> warn) {
    if (config.keys().isEmpty()) {
      warn.accept("keys", "there is none: every request will be answered 401");
      return;
    }
    config.tiers().keySet().stream()
        .filter(tier -> keysOf(tier) == 0)
        .forEach(tier -> warn.accept("tiers." + tier, "no key has this tier"));
  }

  private void classes(BiConsumer<String, String> warn) {
    var bands = config.complexity();
    if (bands.medium() - bands.abstain() <= 0) {
      warn.accept("complexity.medium", "leaves no score for simple: that route is never taken");
    }
    if (bands.medium() >= bands.complex()) {
      warn.accept("complexity.complex", "leaves no score for medium: that route is never taken");
    }
  }

  private void unreachedPools(BiConsumer<String, String> warn) {
    Set<String> reached = new LinkedHashSet<>();
    config.tiers().values().forEach(tier -> reached.addAll(reach.of(tier)));
    config.pools().keySet().stream()
        .filter(pool -> !reached.contains(pool))
        .forEach(pool ->
            warn.accept("pools." + pool, "no tier's route or pools and no fallback leads here"));
  }

  // ---- one tier

  private void tier(Tier tier, BiConsumer<String, String> warn) {
    String path = "tiers." + tier.name();
    concurrency(tier, path, warn);
    whenBusy(tier, path, warn);
    budget(tier, path, warn);
    for (int i = 0; i < tier.pools().size(); i++) {
      if (tier.route().containsValue(tier.pools().get(i))) {
        warn.accept(path + ".pools[" + i + "]", "is in the route already, and so may be pinned");
      }
    }
    tier.route()
        .forEach((complexity, name) -> {
          if (!pool(name).supports().chat()) {
            warn.accept(
                path + ".route." + complexity.label(), "sends chats to a pool without chat");
          }
        });
    tier.reserved()
        .keySet()
        .forEach(name -> {
          if (!reach.of(tier).contains(name)) {
            warn.accept(path + ".reserved." + name, "keeps a share that this tier cannot reach");
          }
        });
  }

  /**
   * A full bucket and what flows into it while the longest call lasts is the most that can be in
   * flight at once; the waiting room, where there is one, has no such end.
   */
  private void concurrency(Tier tier, String path, BiConsumer<String, String> warn) {
    int concurrency = tier.limits().concurrency();
    if (concurrency == 0 || tier.whenBusy() == Tier.WhenBusy.WAIT) {
      return;
    }
    tier.limits()
        .requests()
        .ifPresent(requests -> {
          Duration longest = longestCall(tier);
          double most = requests.amount() + requests.perSecond() * longest.toSeconds();
          if (concurrency >= most + 1) {
            warn.accept(
                path + ".limits.concurrency",
                concurrency
                    + " can never bind: "
                    + Notation.plain(requests)
                    + " lets at most "
                    + (long) most
                    + " calls be in flight, the longest taking "
                    + Notation.plain(longest));
          }
        });
  }

  private Duration longestCall(Tier tier) {
    return reach.of(tier).stream()
        .map(pool -> timeOfAll(reach.from(pool)))
        .max(Duration::compareTo)
        .orElse(Duration.ZERO);
  }

  private Duration timeOfAll(Set<String> pools) {
    return pools.stream()
        .map(pool -> pool(pool).timeouts().total().multipliedBy(ATTEMPTS_PER_POOL))
        .reduce(Duration.ZERO, Duration::plus);
  }

  private void budget(Tier tier, String path, BiConsumer<String, String> warn) {
    boolean free =
        reach.of(tier).stream()
            .map(this::pool)
            .allMatch(pool ->
                pool.capacity().isEmpty()
                    && pool.price().isEmpty()
                    && config.catalog().prices().find(pool.model()).isEmpty());
    if (tier.budget().isPresent() && free) {
      warn.accept(
          path + ".budget", "can never bind: none of this tier's pools has a capacity or a price");
    }
  }

  private static void whenBusy(Tier tier, String path, BiConsumer<String, String> warn) {
    boolean moves =
        tier.whenBusy() == Tier.WhenBusy.DEGRADE || tier.whenBusy() == Tier.WhenBusy.UPGRADE;
    if (moves && Set.copyOf(tier.route().values()).size() == 1) {
      warn.accept(
          path + ".when-busy",
          Section.word(tier.whenBusy()) + " has nowhere to go: the whole route is one pool");
    }
  }

  // ---- one pool

  private void pool(Pool pool, BiConsumer<String, String> warn) {
    String path = "pools." + pool.name();
    timeouts(pool, path, warn);
    sameServers(pool, path, warn);
    poolLimits(pool, path, warn);
    keptForOthers(pool, warn);
  }

  private static void timeouts(Pool pool, String path, BiConsumer<String, String> warn) {
    Timeouts timeouts = pool.timeouts();
    Map.of(
            "connect", timeouts.connect(),
            "first-token", timeouts.firstToken(),
            "between-tokens", timeouts.betweenTokens())
        .forEach((key, timeout) -> {
          if (timeout.compareTo(timeouts.total()) >= 0) {
            warn.accept(
                path + ".timeouts." + key,
                Notation.plain(timeout)
                    + " can never bind: total ends every attempt after "
                    + Notation.plain(timeouts.total()));
          }
        });
    if (pool.slo().ttft().compareTo(timeouts.firstToken()) > 0) {
      warn.accept(
          path + ".slo.ttft",
          Notation.plain(pool.slo().ttft())
              + " is over the first-token time-out of "
              + Notation.plain(timeouts.firstToken())
              + ": what is late is lost before it is late");
    }
  }

  private static void sameServers(Pool pool, String path, BiConsumer<String, String> warn) {
    var seen = new HashMap<java.net.URI, String>();
    List<Pool.Backend> backends = pool.backends();
    for (int i = 0; i < backends.size(); i++) {
      String first = seen.putIfAbsent(backends.get(i).url(), backends.get(i).id());
      if (first != null) {
        warn.accept(path + ".backends[" + i + "].url", "is the same server as " + first);
      }
    }
  }

  /** A pool's limits bind only where all the keys that reach it may ask for more together. */
  private void poolLimits(Pool pool, String path, BiConsumer<String, String> warn) {
    List<Limits> callers =
        config.keys().stream()
            .map(key -> java.util.Objects.requireNonNull(config.tiers().get(key.tier())))
            .filter(tier -> reach.of(tier).contains(pool.name()))
            .map(Tier::limits)
            .toList();
    int concurrency = pool.limits().concurrency();
    boolean bounded = callers.stream().allMatch(limits -> limits.concurrency() > 0);
    long inFlight = callers.stream().mapToLong(Limits::concurrency).sum();
    if (concurrency > 0 && bounded && concurrency >= inFlight && inFlight > 0) {
      warn.accept(
          path + ".limits.concurrency",
          concurrency
              + " can never bind: its callers' own limits let "
              + inFlight
              + " in together");
    }
    pool.limits()
        .requests()
        .filter(requests -> neverBinds(requests, callers))
        .ifPresent(requests ->
            warn.accept(
                path + ".limits.requests",
                Notation.plain(requests)
                    + " can never bind: its callers' own limits are lower together"));
  }

  private static boolean neverBinds(Rate requests, List<Limits> callers) {
    double burst = 0;
    double perSecond = 0;
    for (Limits limits : callers) {
      if (limits.requests().isEmpty()) {
        return false;
      }
      burst += limits.requests().get().amount() * ATTEMPTS_PER_POOL;
      perSecond += limits.requests().get().perSecond() * ATTEMPTS_PER_POOL;
    }
    return !callers.isEmpty() && requests.amount() >= burst && requests.perSecond() >= perSecond;
  }

  private void keptForOthers(Pool pool, BiConsumer<String, String> warn) {
    double kept =
        config.tiers().values().stream()
            .mapToDouble(tier -> tier.reserved().getOrDefault(pool.name(), 0.0))
            .sum();
    if (kept < 1 - 1e-9) {
      return;
    }
    for (Tier tier : config.tiers().values()) {
      tier.route()
          .forEach((complexity, name) -> {
            if (name.equals(pool.name()) && !tier.reserved().containsKey(name)) {
              warn.accept(
                  "tiers." + tier.name() + ".route." + complexity.label(),
                  "leads to " + name + ", all of which is kept for other tiers");
            }
          });
    }
  }

  private Pool pool(String name) {
    return java.util.Objects.requireNonNull(config.pools().get(name));
  }

  private long keysOf(String tier) {
    return config.keys().stream().filter(key -> key.tier().equals(tier)).count();
  }
}
