package io.penstock.gateway.upstream;

import java.util.random.RandomGenerator;

/**
 * How long a call waits before it is sent elsewhere: any time up to {@link #FIRST_MILLIS}, and
 * twice as much before each further attempt, so that the calls which one backend failed together do
 * not arrive together at the next (full jitter; M. Brooker, "Exponential Backoff And Jitter",
 * 2015).
 */
final class Backoff {
  static final long FIRST_MILLIS = 20;
  private static final int MOST_DOUBLINGS = 6;

  private final RandomGenerator random;

  Backoff(RandomGenerator random) {
    this.random = random;
  }

  /**
   * @param retry its number, from 1
   */
  long millis(int retry) {
    return random.nextLong((FIRST_MILLIS << Math.min(retry - 1, MOST_DOUBLINGS)) + 1);
  }
}
