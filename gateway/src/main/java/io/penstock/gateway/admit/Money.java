package io.penstock.gateway.admit;

/**
 * A tenant's budget at one moment, in millionths of a USD.
 *
 * @param limitMicroUsd for the window
 * @param spentMicroUsd by calls that ended
 * @param heldMicroUsd at most, by calls in flight
 * @param endMillis when the next window starts, since the epoch
 */
public record Money(long limitMicroUsd, long spentMicroUsd, long heldMicroUsd, long endMillis) {
  static Money of(Budget.Spent spent) {
    return new Money(
        spent.limitMicroUsd(), spent.spentMicroUsd(), spent.heldMicroUsd(), spent.endMillis());
  }

  /** The part of the budget that is spent; above 1 where calls cost more than they could. */
  public double usedRatio() {
    return limitMicroUsd == 0 ? 1 : (double) spentMicroUsd / limitMicroUsd;
  }
}
