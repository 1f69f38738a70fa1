package io.penstock.config;

import java.time.Duration;

/**
 * How a pool lives with backends that fail.
 *
 * @param breaker when a backend is out
 * @param healthInterval how often the {@code /health} of a backend is asked that has not answered a
 *     call meanwhile; zero: never
 */
public record Resilience(Breaker breaker, Duration healthInterval) {
  public static final Resilience DEFAULT = new Resilience(Breaker.DEFAULT, Duration.ZERO);
}
