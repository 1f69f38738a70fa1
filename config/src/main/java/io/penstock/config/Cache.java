package io.penstock.config;

import java.time.Duration;

/**
 * Exact answers.
 *
 * @param memoryBytes the first level's bound; 0 switches the cache off
 * @param ttl how long an answer may be replayed
 * @param scope who shares an answer
 * @param when which requests may be answered from it
 */
public record Cache(long memoryBytes, Duration ttl, Scope scope, When when) {
  public static final Cache OFF =
      new Cache(0, Duration.ofHours(1), Scope.TENANT, When.DETERMINISTIC);

  public Cache {
    new Check()
        .that(memoryBytes >= 0, "memory", memoryBytes + " is negative: write 0B or more")
        .positive("ttl", ttl)
        .orRefuse();
  }

  /** Who shares an answer. */
  public enum Scope {
    TENANT,
    TIER,
    GLOBAL
  }

  /** Which requests may be answered from the cache. */
  public enum When {
    DETERMINISTIC,
    ALWAYS
  }
}
