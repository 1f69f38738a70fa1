package io.penstock.gateway.cli;

import io.penstock.config.Complexity;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Tier;
import io.penstock.config.trace.TraceRow;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Which pool of a config takes which request of a trace: the one that the request names, else the
 * one to which its tier sends requests of its complexity. What the trace does not say is thrown by
 * chance in given shares, the same for the same seed; what was assumed is kept for the report.
 */
final class TraceSharing {
  /** Requests of one pool, with the priority of each. */
  record PoolRow(TraceRow row, int priority) {}

  private final PenstockConfig config;
  private final Map<String, Double> tierShares;
  private final Map<String, Double> complexityShares;
  private final SplittableRandom random;
  private final Map<String, List<PoolRow>> pools = new LinkedHashMap<>();
  private long thrownTiers;
  private long thrownComplexities;

  TraceSharing(
      PenstockConfig config,
      Map<String, Double> tierShares,
      Map<String, Double> complexityShares,
      long seed) {
    this.config = config;
    this.tierShares = tierShares;
    this.complexityShares = complexityShares;
    this.random = new SplittableRandom(seed);
    config.pools().keySet().forEach(pool -> pools.put(pool, new ArrayList<>()));
  }

  /** The requests of each pool, in the order of the config. */
  Map<String, List<PoolRow>> share(List<TraceRow> rows) {
    rows.forEach(this::place);
    return pools;
  }

  /** What the trace left open and how it was filled in; a line each. */
  List<String> assumptions() {
    var lines = new ArrayList<String>();
    if (thrownTiers > 0) {
      lines.add(thrownTiers + " requests name no tier: thrown as " + words(tierShares));
    }
    if (thrownComplexities > 0) {
      lines.add(
          thrownComplexities
              + " requests name no complexity: thrown as "
              + words(complexityShares));
    }
    return lines;
  }

  private static String words(Map<String, Double> shares) {
    var words = new ArrayList<String>();
    shares.forEach((name, share) ->
        words.add(name + " " + String.format(Locale.ROOT, "%.0f %%", 100 * share)));
    return String.join(", ", words);
  }

  private void place(TraceRow row) {
    if (!row.pool().isEmpty()) {
      var named = pools.get(row.pool());
      if (named == null) {
        throw Failure.no("the trace names pool " + row.pool() + ", which the config does not have");
      }
      named.add(new PoolRow(row, priority(row, row.tier())));
      return;
    }
    String tier = row.tier().isEmpty() ? throwTier() : row.tier();
    var complexity = row.complexity().isEmpty() ? throwComplexity() : complexity(row.complexity());
    String pool = tier(tier).route().get(complexity);
    pools.computeIfAbsent(pool, _ -> new ArrayList<>()).add(new PoolRow(row, priority(row, tier)));
  }

  private int priority(TraceRow row, String tier) {
    if (!row.priority().isEmpty()) {
      return level(priority(row.priority()));
    }
    return level(tier.isEmpty() ? Tier.Priority.NORMAL : tier(tier).priority());
  }

  private static int level(Tier.Priority priority) {
    return switch (priority) {
      case HIGH -> 0;
      case NORMAL -> 1;
      case LOW -> 2;
    };
  }

  private static Tier.Priority priority(String word) {
    for (var each : Tier.Priority.values()) {
      if (each.name().equalsIgnoreCase(word)) {
        return each;
      }
    }
    throw Failure.no("the trace has priority " + word + ": write high, normal or low");
  }

  private static Complexity complexity(String word) {
    for (var each : Complexity.values()) {
      if (each.label().equals(word)) {
        return each;
      }
    }
    throw Failure.no("the trace has complexity " + word + ": write simple, medium or complex");
  }

  private Tier tier(String name) {
    var tier = config.tiers().get(name);
    if (tier == null) {
      throw Failure.no("the trace names tier " + name + ", which the config does not have");
    }
    return tier;
  }

  private String throwTier() {
    thrownTiers++;
    return thrown(tierShares);
  }

  private Complexity throwComplexity() {
    thrownComplexities++;
    return complexity(thrown(complexityShares));
  }

  private String thrown(Map<String, Double> shares) {
    double left = random.nextDouble();
    String last = "";
    for (var entry : new TreeMap<>(shares).entrySet()) {
      last = entry.getKey();
      left -= entry.getValue();
      if (left < 0) {
        return last;
      }
    }
    return last;
  }
}
