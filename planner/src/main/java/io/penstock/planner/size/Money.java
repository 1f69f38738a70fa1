package io.penstock.planner.size;

import io.penstock.planner.cost.TokenPrice;
import java.util.Optional;

/**
 * What may be spent, and what the same tokens cost elsewhere.
 *
 * @param budgetUsdPerMonth the most for the pool; 0: no bound
 * @param api a provider's price for the same work
 */
public record Money(double budgetUsdPerMonth, Optional<TokenPrice> api) {
  public static final Money UNBOUNDED = new Money(0, Optional.empty());

  public Money {
    if (!(budgetUsdPerMonth >= 0 && budgetUsdPerMonth < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("a budget must be 0 or more, not " + budgetUsdPerMonth);
    }
  }
}
