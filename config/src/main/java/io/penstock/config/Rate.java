package io.penstock.config;

import java.time.Duration;

/**
 * An amount per window, written {@code 20/hour}; refilled continuously. Money is an amount in USD.
 *
 * @param amount how much a full bucket holds
 * @param window how long an empty bucket takes to fill; a month counts 30 days here
 */
public record Rate(double amount, Duration window) {

  public Rate {
    new Check()
        .that(
            amount > 0 && amount < Double.POSITIVE_INFINITY,
            "amount",
            Notation.plain(amount) + " is not over 0: leave the limit out to have none")
        .positive("window", window)
        .orRefuse();
  }

  /** What flows back into the bucket in a second. */
  public double perSecond() {
    return amount / (window.toNanos() / 1e9);
  }
}
