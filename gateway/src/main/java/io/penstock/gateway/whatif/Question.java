package io.penstock.gateway.whatif;

import io.penstock.config.Capacity;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.Slo;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.size.Availability;
import io.penstock.planner.size.Demand;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What is asked: the pools as they would be, and the traffic.
 *
 * @param pools by name, in the config's order, changed as asked
 * @param shares of the traffic by pool, adding up to 1
 * @param demand of all pools together, grown as asked
 * @param availability what stands ready beyond the peak
 */
record Question(
    Map<String, Pool> pools, Map<String, Double> shares, Demand demand, Availability availability) {
  private static final Set<String> MEMBERS =
      Set.of("traffic", "headroom", "spares", "shares", "pools");
  private static final Set<String> TRAFFIC =
      Set.of("peak_rps", "average_rps", "prompt_tokens", "completion_tokens", "growth");
  private static final Set<String> CHANGES =
      Set.of(
          "gpu",
          "gpus_per_replica",
          "engine",
          "weights",
          "kv",
          "usd_per_gpu_hour",
          "ttft_ms",
          "tpot_ms");
  private static final double MOST_PER_SECOND = 1e6;
  private static final double MOST_TOKENS = 1e6;
  private static final double MOST_MILLIS = 600_000;

  /** Reads a question about a config. Throws with one line. */
  static Question of(PenstockConfig config, JsonObject json) {
    var root = Field.of(json);
    root.only(MEMBERS);
    var changes = root.object("pools");
    changes.only(config.pools().keySet());
    Map<String, Pool> pools = new LinkedHashMap<>();
    config.pools().forEach((name, pool) -> pools.put(name, changed(pool, changes.object(name))));
    return new Question(
        pools,
        shares(config, root.object("shares")),
        demand(root.object("traffic")),
        Availability.single(root.number("headroom", 0.2, 0, 10), root.count("spares", 1, 0, 100)));
  }

  private static Map<String, Double> shares(PenstockConfig config, Field given) {
    given.only(config.pools().keySet());
    Map<String, Double> shares = new LinkedHashMap<>();
    boolean none = given.json().isEmpty();
    for (String pool : config.pools().keySet()) {
      shares.put(pool, none ? 1 : given.number(pool, 0, 0, 1e9));
    }
    double sum = shares.values().stream().mapToDouble(share -> share).sum();
    if (!(sum > 0)) {
      throw new IllegalArgumentException("shares must not all be 0");
    }
    shares.replaceAll((_, share) -> share / sum);
    return shares;
  }

  private static Demand demand(Field traffic) {
    traffic.only(TRAFFIC);
    double peak = traffic.number("peak_rps", 1, 1e-6, MOST_PER_SECOND);
    double average = traffic.number("average_rps", peak, 0, peak);
    double prompt = traffic.number("prompt_tokens", 400, 1, MOST_TOKENS);
    double completion = traffic.number("completion_tokens", 250, 1, MOST_TOKENS);
    double growth = traffic.number("growth", 1, 0.01, 1000);
    return Demand.rate(peak, average, Workload.of(prompt, completion)).times(growth);
  }

  private static Pool changed(Pool pool, Field change) {
    change.only(CHANGES);
    if (change.json().isEmpty()) {
      return pool;
    }
    var capacity = pool.capacity().map(known -> changed(known, change));
    if (capacity.isEmpty()) {
      throw new IllegalArgumentException(
          change.path() + ": the config names no hardware that could be changed");
    }
    return pool.with(
        capacity.get(),
        new Slo(
            duration(change, "ttft_ms", pool.slo().ttft()),
            duration(change, "tpot_ms", pool.slo().tpot())));
  }

  /** A price belongs to its GPU: another GPU has the catalogue's unless the question names one. */
  private static Capacity changed(Capacity known, Field change) {
    String gpu = change.text("gpu", known.gpu());
    double usd = gpu.equals(known.gpu()) ? known.usdPerGpuHour() : 0;
    return new Capacity(
        gpu,
        change.count("gpus_per_replica", known.gpusPerReplica(), 1, 64),
        change.text("engine", known.engine()),
        change.text("weights", known.weights()),
        change.text("kv", known.kv()),
        change.number("usd_per_gpu_hour", usd, 0, 1000),
        known.min(),
        known.max(),
        known.scaling());
  }

  private static Duration duration(Field change, String name, Duration otherwise) {
    double millis = change.number(name, otherwise.toNanos() / 1e6, 0, MOST_MILLIS);
    return Duration.ofNanos(Math.round(millis * 1e6));
  }
}
