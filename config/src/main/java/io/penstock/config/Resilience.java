package io.penstock.config;

import java.time.Duration;

/**
 * How a pool lives with backends that fail.
 *
 * @param breaker when a backend is out
 * @param retries how many attempts more than calls there may be
 * @param healthInterval how often the {@code /health} of a backend is asked that has not answered a
 *     call meanwhile; zero: never
 */
public record Resilience(Breaker breaker, Retries retries, Duration healthInterval) {
  public static final Resilience DEFAULT =
      new Resilience(Breaker.DEFAULT, Retries.DEFAULT, Duration.ZERO);
}
