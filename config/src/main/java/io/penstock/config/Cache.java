package io.penstock.config;

import java.time.Duration;

/**
 * Exact answers.
 *
 * @param memoryBytes the first level's bound; 0 switches the cache off
 * @param ttl how long an answer may be replayed
 * @param scope who shares an answer
 * @param when which requests may be answered from it
 * @param toolCalls whether an answer that calls tools is kept, too
 * @param version a word of the operator's; another one finds none of the answers kept so far
 */
public record Cache(
    long memoryBytes, Duration ttl, Scope scope, When when, boolean toolCalls, String version) {
  public static final Cache OFF =
      new Cache(0, Duration.ofHours(1), Scope.TENANT, When.DETERMINISTIC, false, "");

  public Cache {
    new Check()
        .that(memoryBytes >= 0, "memory", memoryBytes + " is negative: write 0B or more")
        .positive("ttl", ttl)
        .orRefuse();
  }

  /** Whether anything is kept at all. */
  public boolean isOn() {
    return memoryBytes > 0;
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
