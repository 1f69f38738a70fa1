package io.penstock.gateway.account;

/**
 * What came of one tier's calls at one pool since the start.
 *
 * @param tier the tier's name, or {@code none}
 * @param pool the pool's name, or {@code none}
 * @param answered calls with a whole answer
 * @param refused calls that Penstock said no to
 * @param failed calls that no model server could answer
 * @param cancelled calls whose client left
 * @param promptTokens used
 * @param completionTokens used
 * @param microUsd cost, in millionths of a USD
 */
public record Totals(
    String tier,
    String pool,
    long answered,
    long refused,
    long failed,
    long cancelled,
    long promptTokens,
    long completionTokens,
    long microUsd) {

  /** All that ended. */
  public long calls() {
    return answered + refused + failed + cancelled;
  }
}
