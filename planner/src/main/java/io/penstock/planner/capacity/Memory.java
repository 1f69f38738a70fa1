package io.penstock.planner.capacity;

/** Whether a replica's GPUs hold its model, and what is left for sequences. */
public sealed interface Memory permits MemoryBudget, Memory.DoesNotFit {

  /** The ledger of {@code deployment}. */
  static Memory of(Deployment deployment) {
    return MemoryBudget.measure(deployment);
  }

  /**
   * The model does not fit, or leaves no room for one token.
   *
   * @param why in one line
   * @param missingBytes on each GPU
   */
  record DoesNotFit(String why, double missingBytes) implements Memory {}
}
