package io.penstock.gateway.cli;

import io.penstock.config.Capacity;
import io.penstock.config.Nearest;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Scaling;
import io.penstock.config.scenario.Scenario;
import io.penstock.config.trace.TraceRow;
import io.penstock.config.trace.TrafficShape;
import io.penstock.planner.size.Demand;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What recorded requests ask of each pool. Records that name their pool are that pool's; where none
 * does, every pool gets its share of them all.
 */
final class RecordedTraffic {
  private static final Duration SHORTEST_WINDOW = Duration.ofMinutes(1);

  private final PenstockConfig config;
  private final List<TraceRow> rows;
  private final List<Scenario.Given> given = new ArrayList<>();

  RecordedTraffic(PenstockConfig config, List<TraceRow> rows) {
    this.config = config;
    this.rows = rows;
  }

  /** By pool; {@code shares} are for records that name none. */
  Map<String, Demand> demands(Map<String, Double> shares) {
    var named =
        rows.stream()
            .filter(row -> !row.pool().isEmpty())
            .collect(
                Collectors.groupingBy(TraceRow::pool, LinkedHashMap::new, Collectors.toList()));
    return named.isEmpty() ? shared(shares) : own(named);
  }

  /** What was seen of it, a line for each pool. */
  List<Scenario.Given> given() {
    return List.copyOf(given);
  }

  private Map<String, Demand> own(Map<String, List<TraceRow>> byPool) {
    var demands = new LinkedHashMap<String, Demand>();
    byPool.forEach((pool, its) -> {
      if (!config.pools().containsKey(pool)) {
        throw Failure.no(
            "the traffic has a pool '%s' that the config has not: %s"
                .formatted(pool, Nearest.hint(pool, config.pools().keySet())));
      }
      demands.put(pool, shape("traffic of " + pool, its, window(pool)).demand());
    });
    long unnamed = rows.stream().filter(row -> row.pool().isEmpty()).count();
    if (unnamed > 0) {
      given.add(new Scenario.Given("traffic", unnamed + " requests of no pool are left out"));
    }
    return demands;
  }

  private Map<String, Demand> shared(Map<String, Double> shares) {
    var pools = config.pools().keySet();
    double named = shares.values().stream().mapToDouble(share -> share).sum();
    long others = pools.stream().filter(pool -> !shares.containsKey(pool)).count();
    var longest = pools.stream().map(this::window).max(Duration::compareTo).orElseThrow();
    var demand = shape("traffic", rows, longest).demand();
    var demands = new LinkedHashMap<String, Demand>();
    for (String pool : pools) {
      double share = shares.getOrDefault(pool, others == 0 ? 0 : (1 - named) / others);
      if (share > 1e-9) {
        demands.put(pool, demand.times(share));
      }
    }
    return demands;
  }

  private TrafficShape shape(String what, List<TraceRow> its, Duration window) {
    var shape = TrafficShape.of(its, window);
    given.add(new Scenario.Given(what, shape.text()));
    return shape;
  }

  /** As long as one more replica takes to start. */
  private Duration window(String name) {
    var pool = config.pools().get(name);
    var scaling =
        pool == null
            ? Scaling.DEFAULT
            : pool.capacity().map(Capacity::scaling).orElse(Scaling.DEFAULT);
    return scaling.start().compareTo(SHORTEST_WINDOW) < 0 ? SHORTEST_WINDOW : scaling.start();
  }
}
