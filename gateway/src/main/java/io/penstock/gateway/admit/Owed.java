package io.penstock.gateway.admit;

import org.jspecify.annotations.Nullable;

/**
 * What was taken from a scope while the store that shares it was away, summed until it can be told.
 * Touched in an outage alone, so that a lock is no harm.
 */
final class Owed {
  private long requests;
  private long tokens;
  private long microUsd;
  private long windowStartMillis;
  private @Nullable Sum telling;

  /**
   * A sum on its way to the store. It has a name of its own there, so that telling it twice is
   * telling it once.
   */
  record Sum(String name, long requests, long tokens, long microUsd, long windowStartMillis) {}

  /** Adds, or takes away what is below 0; money of an older window than is known is nobody's. */
  synchronized void add(long moreRequests, long moreTokens, long moreMicroUsd, long windowStart) {
    requests += moreRequests;
    tokens += moreTokens;
    if (windowStart > windowStartMillis) {
      windowStartMillis = windowStart;
      microUsd = 0;
    }
    if (windowStart == windowStartMillis) {
      microUsd += moreMicroUsd;
    }
  }

  /** The sum that is to be told now, the one before first; null: nothing. */
  synchronized @Nullable Sum next(String name) {
    if (telling == null && (requests != 0 || tokens != 0 || microUsd != 0)) {
      telling = new Sum(name, requests, tokens, microUsd, windowStartMillis);
      requests = 0;
      tokens = 0;
      microUsd = 0;
    }
    return telling;
  }

  /** The store has it. */
  synchronized void told(Sum sum) {
    if (sum.equals(telling)) {
      telling = null;
    }
  }

  synchronized boolean isNothing() {
    return telling == null && requests == 0 && tokens == 0 && microUsd == 0;
  }
}
