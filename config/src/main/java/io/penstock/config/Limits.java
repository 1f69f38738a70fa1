package io.penstock.config;

import java.util.Optional;

/**
 * What may be taken in a time; an absent one does not limit.
 *
 * @param requests requests per window
 * @param tokens prompt and completion tokens per window
 * @param concurrency calls in flight; 0 does not limit
 */
public record Limits(Optional<Rate> requests, Optional<Rate> tokens, int concurrency) {
  public static final Limits NONE = new Limits(Optional.empty(), Optional.empty(), 0);

  public Limits {
    new Check()
        .that(
            concurrency >= 0,
            "concurrency",
            concurrency + " is negative: write how many calls may be in flight, or 0 for any")
        .orRefuse();
  }
}
