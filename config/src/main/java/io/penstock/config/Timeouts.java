package io.penstock.config;

import java.time.Duration;

/**
 * For one attempt at one backend.
 *
 * @param connect until the connection stands
 * @param firstToken from sending the request until the first content frame (or the whole answer's
 *     head of a non-stream)
 * @param betweenTokens the longest gap in a stream
 * @param total from sending the request until the answer's last byte
 */
public record Timeouts(
    Duration connect, Duration firstToken, Duration betweenTokens, Duration total) {
  public static final Timeouts DEFAULT =
      new Timeouts(
          Duration.ofSeconds(1),
          Duration.ofSeconds(30),
          Duration.ofSeconds(15),
          Duration.ofMinutes(10));

  public Timeouts {
    new Check()
        .positive("connect", connect)
        .positive("first-token", firstToken)
        .positive("between-tokens", betweenTokens)
        .positive("total", total)
        .orRefuse();
  }
}
