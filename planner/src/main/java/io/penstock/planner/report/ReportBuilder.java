package io.penstock.planner.report;

import io.penstock.planner.cost.TokenPrice;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Takes recorded requests, in any order and of any number, and makes a {@link Report} of them. What
 * it keeps grows with the kinds of requests and the hours, not with the requests. One thread.
 */
public final class ReportBuilder {
  private static final String UNKNOWN = "none";

  private final Group all = new Group();
  private final Map<String, Group> tiers = new TreeMap<>();
  private final Map<String, Group> tenants = new TreeMap<>();
  private final Map<String, Group> complexities = new TreeMap<>();
  private final Map<String, Group> pools = new TreeMap<>();
  private double first = Double.POSITIVE_INFINITY;
  private double last = Double.NEGATIVE_INFINITY;

  /** Takes one request. */
  public void add(Entry entry) {
    first = Math.min(first, entry.epochSeconds());
    last = Math.max(last, entry.epochSeconds());
    all.add(entry);
    group(tiers, entry.tier()).add(entry);
    group(tenants, entry.tenant()).add(entry);
    group(complexities, entry.complexity()).add(entry);
    if (!entry.pool().isEmpty()) {
      group(pools, entry.pool()).add(entry);
    }
  }

  private static Group group(Map<String, Group> groups, String name) {
    return groups.computeIfAbsent(name.isEmpty() ? UNKNOWN : name, _ -> new Group());
  }

  /** Whether nothing was taken. */
  public boolean isEmpty() {
    return all.requests() == 0;
  }

  /** The report, with what the config says of the pools. */
  public Report build(List<PoolFacts> facts) {
    if (isEmpty()) {
      throw new IllegalStateException("no request was recorded");
    }
    var poolReports = new ArrayList<Report.Pool>();
    var advice = new ArrayList<Report.Recommendation>();
    for (var pool : facts) {
      var group = pools.get(pool.name());
      if (group != null) {
        poolReports.add(new PoolReview(pool, group, last - first).pool(advice));
      }
    }
    advice.sort(Comparator.comparingDouble(each -> -Math.abs(each.usdPerMonth())));
    return new Report(
        first,
        last,
        all.traffic("all"),
        traffic(tiers),
        traffic(tenants),
        traffic(complexities),
        List.copyOf(poolReports),
        all.prompt().doubling(),
        all.completion().doubling(),
        all.minutes().byHour(),
        costs(facts),
        List.copyOf(advice));
  }

  private static List<Report.Traffic> traffic(Map<String, Group> groups) {
    return groups.entrySet().stream()
        .map(group -> group.getValue().traffic(group.getKey()))
        .sorted(Comparator.comparingDouble((Report.Traffic each) -> -each.usd()))
        .toList();
  }

  /** All tokens at the dearest price list of the config: the model that the others stand in for. */
  private Report.Costs costs(List<PoolFacts> facts) {
    double usd = all.traffic("all").usd();
    double prompts = all.prompt().sum();
    double completions = all.completion().sum();
    return facts.stream()
        .filter(pool -> pool.price().isPresent())
        .map(pool -> {
          var price = pool.price().orElseThrow();
          double spared = usd(price, all.sparedPromptTokens(), all.sparedCompletionTokens());
          return new Report.Costs(
              usd, usd(price, prompts, completions) + spared, spared, pool.name());
        })
        .max(Comparator.comparingDouble(Report.Costs::allToApiUsd))
        .orElse(new Report.Costs(usd, Double.NaN, Double.NaN, ""));
  }

  private static double usd(TokenPrice price, double prompts, double completions) {
    return price.usd(prompts, 0, completions);
  }
}
