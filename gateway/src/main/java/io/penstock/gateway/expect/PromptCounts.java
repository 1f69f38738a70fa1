package io.penstock.gateway.expect;

/**
 * Prompts of late: how many tokens they were estimated to have, how many the model counted, and how
 * many of these were cached. Safe for several threads.
 */
final class PromptCounts {
  private static final double KEPT = 1 - 1.0 / 200;

  private double estimated;
  private double counted;
  private double cached;
  private double calls;

  synchronized void add(double estimatedTokens, double countedTokens, double cachedTokens) {
    estimated = estimated * KEPT + estimatedTokens;
    counted = counted * KEPT + countedTokens;
    cached = cached * KEPT + Math.min(countedTokens, cachedTokens);
    calls = calls * KEPT + 1;
  }

  /** The share that was cached, where {@code before} is believed as much as so many calls. */
  synchronized double cachedShare(double before, double doubt) {
    double seen = counted > 0 ? cached / counted : before;
    return (doubt * before + calls * seen) / (doubt + calls);
  }

  /** Tokens for each that was estimated; likewise. */
  synchronized double perEstimated(double before, double doubt) {
    double seen = estimated > 0 && counted > 0 ? counted / estimated : before;
    return (doubt * before + calls * seen) / (doubt + calls);
  }
}
