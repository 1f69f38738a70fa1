package io.penstock.planner.capacity;

/**
 * What requests look like.
 *
 * @param prompt tokens that come in
 * @param completion tokens that go out
 * @param prefixHitRatio the share of prompt tokens that the engine's prefix cache already holds
 * @param tokensPerStep what speculation accepts per sequence and step; 1 without it
 */
public record Workload(
    Lengths prompt, Lengths completion, double prefixHitRatio, double tokensPerStep) {
  public Workload {
    if (!(prefixHitRatio >= 0 && prefixHitRatio < 1)) {
      throw new IllegalArgumentException(
          "a prefix-hit ratio must be in [0, 1), not " + prefixHitRatio);
    }
    if (!(tokensPerStep >= 1)) {
      throw new IllegalArgumentException("tokens per step must be 1 or more: " + tokensPerStep);
    }
    if (!(completion.mean() >= 1)) {
      throw new IllegalArgumentException("a completion has 1 token or more");
    }
  }

  /** Requests that are all alike. */
  public static Workload of(double promptTokens, double completionTokens) {
    return new Workload(Lengths.fixed(promptTokens), Lengths.fixed(completionTokens), 0, 1);
  }

  /** The tokens that a sequence in progress attends to, on average. */
  public double meanContextTokens() {
    return prompt.mean() + completion.meanByToken() / 2;
  }

  /** The tokens for which a request needs room before an engine takes it in. */
  double roomTokens(double reserve) {
    return prompt.mean() + Math.max(reserve * completion.mean(), completion.meanByToken() / 2);
  }

  /** Prompt tokens that are computed. */
  double freshPromptTokens() {
    return freshTokens(prompt.mean());
  }

  /** Those of a prompt of so many. */
  double freshTokens(double promptTokens) {
    return promptTokens * (1 - prefixHitRatio);
  }

  /** Pairs of a fresh prompt token and what it sees, per request. */
  double promptPairs() {
    return pairs(prompt.meanSquare());
  }

  /** The same for prompts of that mean square. */
  double pairs(double promptSquare) {
    double fresh = 1 - prefixHitRatio;
    return promptSquare * (fresh * prefixHitRatio + fresh * fresh / 2);
  }

  /** Steps after the first token. */
  double decodeSteps() {
    return (completion.mean() - 1) / tokensPerStep;
  }
}
