package io.penstock.gateway.whatif;

import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.scenario.ConfigScenario;
import io.penstock.config.scenario.Planned.PoolPlan;
import io.penstock.config.scenario.Scenario;
import io.penstock.config.scenario.ScenarioPlanner;
import io.penstock.planner.autoscale.PoolCapacity;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Plans the pools of a config on other hardware, under other promises or for other traffic. It asks
 * the planner and changes nothing; each pool is planned by itself, so that one that cannot be says
 * so and the others stand.
 */
public final class WhatIf {
  private final PenstockConfig config;
  private final Learned learned;

  /**
   * @param seen what live traffic showed of the pools
   */
  public WhatIf(PenstockConfig config, List<PoolCapacity> seen) {
    this.config = config;
    this.learned = new Learned(seen);
  }

  /** What may be asked: the config's pools, and the hardware that the catalogue knows. */
  public JsonObject choices() {
    return Choices.of(config);
  }

  /**
   * The plans. Throws {@link IllegalArgumentException} with one line on a question that is none.
   *
   * @param question all members are optional: {@code traffic}, {@code headroom}, {@code spares},
   *     {@code shares}, {@code pools}
   */
  public JsonObject answer(JsonObject question) {
    var asked = Question.of(config, question);
    var pools = new JsonArray();
    var sum = new Sum();
    asked
        .pools()
        .forEach((name, pool) -> {
          double share = asked.shares().getOrDefault(name, 0.0);
          if (share > 0) {
            pools.add(plan(asked, pool, share, sum));
          }
        });
    return new JsonObject()
        .put("met", sum.met)
        .put("usd_per_month", Answer.finite(sum.usdPerMonth))
        .put("usd_per_request", Answer.finite(sum.usdPerMonth / sum.requestsPerMonth))
        .put("requests_per_month", Answer.finite(sum.requestsPerMonth))
        .put("gpus", sum.gpus)
        .put("pools", pools);
  }

  private JsonObject plan(Question asked, Pool pool, double share, Sum sum) {
    var json = Answer.head(pool, share);
    try {
      var scenario = scenario(asked, pool, share);
      json.put("parameters", learned.said(scenario));
      var planned = ScenarioPlanner.plan(learned.apply(scenario));
      PoolPlan plan = planned.pools().getFirst();
      sum.add(plan, planned.usdPerMonth(), planned.requestsPerMonth());
      return json.mergeIn(Answer.of(plan));
    } catch (IllegalArgumentException impossible) {
      sum.met = false;
      sum.usdPerMonth = Double.NaN;
      return json.put("met", false).put("impossible", impossible.getMessage());
    }
  }

  private Scenario scenario(Question asked, Pool pool, double share) {
    Map<String, Double> alone = new LinkedHashMap<>();
    config.pools().keySet().forEach(name -> alone.put(name, name.equals(pool.name()) ? 1.0 : 0.0));
    return ConfigScenario.of(
        "what if",
        config.with(pool),
        asked.demand().times(share),
        _ -> asked.availability(),
        alone);
  }

  /** Over all pools. */
  private static final class Sum {
    private boolean met = true;
    private double usdPerMonth;
    private double requestsPerMonth;
    private int gpus;

    void add(PoolPlan plan, double usd, double requests) {
      met &= plan.met();
      usdPerMonth += usd;
      requestsPerMonth += requests;
      gpus += plan.plan().flatMap(each -> each.chosen()).map(sized -> sized.gpus()).orElse(0);
    }
  }
}
