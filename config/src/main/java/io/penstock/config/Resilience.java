package io.penstock.config;

import java.time.Duration;

/**
 * How a pool lives with backends that fail.
 *
 * @param breaker when a backend is out
 * @param retries how many attempts more than calls there may be
 * @param healthInterval how often the {@code /health} of each backend is asked; zero: never
 * @param metricsInterval the same for its {@code /metrics}
 * @param hedge second attempts at first tokens that are late
 */
public record Resilience(
    Breaker breaker,
    Retries retries,
    Duration healthInterval,
    Duration metricsInterval,
    Hedge hedge) {
  public static final Resilience DEFAULT =
      new Resilience(Breaker.DEFAULT, Retries.DEFAULT, Duration.ZERO, Duration.ZERO, Hedge.OFF);
}
