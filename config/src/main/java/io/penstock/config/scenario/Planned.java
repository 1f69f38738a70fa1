package io.penstock.config.scenario;

import io.penstock.planner.scenario.Claim;
import io.penstock.planner.scenario.Figure;
import io.penstock.planner.scenario.Verdict;
import io.penstock.planner.size.Plan;
import java.util.List;
import java.util.Optional;

/**
 * A scenario with its plans and verdicts.
 *
 * @param scenario that was planned
 * @param pools each pool's plan, the candidates' after those of the plan
 * @param usdPerMonth of all pools that make up the plan
 * @param requestsPerMonth that they serve
 * @param claims what became of each
 */
public record Planned(
    Scenario scenario,
    List<PoolPlan> pools,
    double usdPerMonth,
    double requestsPerMonth,
    List<Judged> claims) {

  /**
   * One pool: on hardware, or bought by the token.
   *
   * @param wish what was asked
   * @param plan on hardware
   * @param bought from a provider
   */
  public record PoolPlan(PoolWish wish, Optional<Plan> plan, Optional<Bought> bought) {
    /** Whether it can be had as asked. */
    public boolean met() {
      return plan.map(Plan::met).orElse(true);
    }

    /** USD a month; infinite where nothing serves it. */
    public double usdPerMonth() {
      return plan.map(Plan::usdPerMonth)
          .orElseGet(() -> bought.map(Bought::usdPerMonth).orElse(0.0));
    }
  }

  /**
   * Tokens from a provider.
   *
   * @param usdPerRequest of the mean request
   * @param usdPerMonth of the month's
   * @param requestsPerMonth at the average rate
   */
  public record Bought(double usdPerRequest, double usdPerMonth, double requestsPerMonth) {}

  /**
   * A claim and its verdict.
   *
   * @param printed what the source says
   * @param verdict what became of it
   * @param method what the source's own formulas give
   * @param beside the model's figure where the method decides
   */
  public record Judged(
      Scenario.Printed printed, Verdict verdict, Optional<Figure> method, Optional<Figure> beside) {
    /** The claim. */
    public Claim claim() {
      return printed.claim();
    }
  }

  /** Whether every pool that makes up the plan can be had as asked, within the budget together. */
  public boolean met() {
    double budget = scenario.budgetUsdPerMonth();
    return pools.stream().filter(pool -> !pool.wish().candidate()).allMatch(PoolPlan::met)
        && (budget == 0 || usdPerMonth <= budget);
  }

  /** USD a request over all pools. */
  public double blendedPerRequest() {
    return usdPerMonth / requestsPerMonth;
  }
}
