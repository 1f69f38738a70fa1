package io.penstock.config;

import java.time.Duration;

/**
 * How a pool's calls wait for a place.
 *
 * @param maxConcurrency calls at the pool at once; 0: what its SLO bears by the capacity model, or
 *     no bound where the pool has no hardware
 * @param maxWait the longest wait of a call that may wait and says no deadline of its own
 * @param ageing after which the oldest calls of a high priority are raised; twice that for a normal
 *     one, three times for a low one
 * @param length how many wait at once; 0: none does
 * @param pace whether a server is sent a prompt only when it is done with the one before; only
 *     where the places are those of the capacity model
 */
public record Waiting(
    int maxConcurrency, Duration maxWait, Duration ageing, int length, boolean pace) {
  public static final Waiting DEFAULT =
      new Waiting(0, Duration.ofSeconds(30), Duration.ofSeconds(5), 1000, true);

  private static final int MOST = 1_000_000;

  public Waiting {
    new Check()
        .within("max-concurrency", maxConcurrency, 0, MOST)
        .positive("max-wait", maxWait)
        .positive("ageing", ageing)
        .within("length", length, 0, MOST)
        .orRefuse();
  }
}
