package io.penstock.planner.cost;

/**
 * A provider's price, in USD per million tokens.
 *
 * @param input prompt tokens
 * @param cachedInput prompt tokens that the provider had cached; the input's price where it gives
 *     no discount
 * @param output completion tokens
 */
public record TokenPrice(double input, double cachedInput, double output) {
  private static final double MILLION = 1e6;

  public TokenPrice {
    if (!(input >= 0) || !(cachedInput >= 0) || !(output >= 0)) {
      throw new IllegalArgumentException("a price must be 0 or more");
    }
  }

  /** USD for a request, none of whose prompt was cached. */
  public double usd(double promptTokens, double completionTokens) {
    return usd(promptTokens, 0, completionTokens);
  }

  /** USD for a request; {@code cachedTokens} are among the prompt's. */
  public double usd(double promptTokens, double cachedTokens, double completionTokens) {
    double fresh = Math.max(0, promptTokens - cachedTokens);
    return (fresh * input + cachedTokens * cachedInput + completionTokens * output) / MILLION;
  }
}
