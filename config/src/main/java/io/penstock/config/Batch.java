package io.penstock.config;

import java.time.Duration;

/**
 * How embeddings and completions are collected into one request to a server.
 *
 * @param await how long the first of them is kept for others
 * @param max prompts or inputs in one request; 1: none is collected
 */
public record Batch(Duration await, int max) {
  private static final int MOST = 2048;
  private static final Duration LONGEST = Duration.ofSeconds(10);

  public static final Batch OFF = new Batch(Duration.ofMillis(50), 1);

  /** Where a pool wants it and says no more. */
  static final Batch USUAL = new Batch(Duration.ofMillis(50), 32);

  public Batch {
    new Check()
        .within("max", max, 1, MOST)
        .positive("wait", await)
        .that(await.compareTo(LONGEST) <= 0, "wait", "is over 10s: write less")
        .orRefuse();
  }

  public boolean on() {
    return max > 1;
  }
}
