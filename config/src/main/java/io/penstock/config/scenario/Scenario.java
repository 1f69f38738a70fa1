package io.penstock.config.scenario;

import io.penstock.planner.scenario.Claim;
import io.penstock.planner.scenario.KvBudget;
import io.penstock.planner.scenario.SimpleLatency;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A planning scenario as its file says.
 *
 * @param name of it
 * @param source where it comes from
 * @param pools that share the traffic, then candidates, each of which could take all of it
 * @param budgetUsdPerMonth for all pools together; 0: no bound
 * @param kvBudget what the method {@code kv-budget} works with
 * @param simpleLatency what the method {@code simple-latency} works with
 * @param claims what the source says
 * @param given what the source sets and nothing can check
 */
public record Scenario(
    String name,
    String source,
    List<PoolWish> pools,
    double budgetUsdPerMonth,
    Optional<KvBudget> kvBudget,
    Optional<SimpleLatency> simpleLatency,
    List<Printed> claims,
    List<Given> given) {

  /**
   * A claim and how the source words it.
   *
   * @param claim the figure
   * @param text as the source prints it
   * @param method the source's own formulas that give it; empty: none
   * @param beside the model's figure to show where the claim is the method's to define
   * @param at the circumstances that the claim names
   */
  public record Printed(
      Claim claim, String text, String method, String beside, Map<String, Double> at) {}

  /**
   * A figure that is an input.
   *
   * @param what of what
   * @param text as the source prints it
   */
  public record Given(String what, String text) {}
}
