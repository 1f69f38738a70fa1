package io.penstock.gateway.admin;

import io.penstock.config.Tier;
import java.util.Map;

/**
 * A tier as the admin port shows it.
 *
 * @param tier its config
 * @param keys how many API keys have it
 * @param traffic its calls
 * @param budgets each tenant's money in its window; empty where there is no budget
 */
public record TierView(Tier tier, int keys, TrafficView traffic, Map<String, BudgetView> budgets) {

  /**
   * A tenant's money.
   *
   * @param limitUsd for the window
   * @param spentUsd by calls that ended
   * @param heldUsd at most, by calls in flight
   * @param endMillis when the next window starts, since the epoch
   */
  public record BudgetView(double limitUsd, double spentUsd, double heldUsd, long endMillis) {}
}
