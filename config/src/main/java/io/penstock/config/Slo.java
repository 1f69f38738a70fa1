package io.penstock.config;

import java.time.Duration;

/**
 * What a pool promises at the 95th percentile; zero promises nothing.
 *
 * @param ttft time to first token
 * @param tpot time per output token after the first
 */
public record Slo(Duration ttft, Duration tpot) {
  public static final Slo NONE = new Slo(Duration.ZERO, Duration.ZERO);

  public Slo {
    new Check().notNegative("ttft", ttft).notNegative("tpot", tpot).orRefuse();
  }
}
