package io.penstock.gateway.expect;

/** Of all prompt tokens of late, the share that was cached. Safe for several threads. */
final class CachedShare {
  private static final double KEPT = 1 - 1.0 / 200;

  private double prompt;
  private double cached;
  private double count;

  synchronized void add(double promptTokens, double cachedTokens) {
    prompt = prompt * KEPT + promptTokens;
    cached = cached * KEPT + Math.min(promptTokens, cachedTokens);
    count = count * KEPT + 1;
  }

  /** The share, where {@code before} is believed as much as so many calls. */
  synchronized double share(double before, double doubt) {
    double seen = prompt > 0 ? cached / prompt : before;
    return (doubt * before + count * seen) / (doubt + count);
  }
}
