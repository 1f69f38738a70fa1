package io.penstock.config;

import java.time.Duration;

/**
 * The store that a fleet shares.
 *
 * @param url {@code redis://} or {@code rediss://}
 * @param timeout the longest that a request may wait for it
 * @param onFailure what limits do without it
 */
public record Redis(Secret url, Duration timeout, OnFailure onFailure) {

  public Redis {
    new Check().positive("timeout", timeout).orRefuse();
  }

  /** What limits do when the store does not answer. */
  public enum OnFailure {
    LOCAL,
    ALLOW,
    DENY
  }
}
