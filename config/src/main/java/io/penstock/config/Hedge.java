package io.penstock.config;

import java.time.Duration;

/**
 * A second attempt, beside the first, at the first token of a stream that is late.
 *
 * @param share of the pool's calls in any minute that may have one; 0: none does
 * @param after how long the first token is waited for; zero: its predicted 95th percentile
 * @param priority of the tiers whose calls may have one: this and those before it
 */
public record Hedge(double share, Duration after, Tier.Priority priority) {
  public static final Hedge OFF = new Hedge(0, Duration.ZERO, Tier.Priority.HIGH);

  /** Where a pool wants it and says no more. */
  static final Hedge USUAL = new Hedge(0.05, Duration.ZERO, Tier.Priority.HIGH);

  public Hedge {
    new Check().within("share", share, 0, 1).notNegative("after", after).orRefuse();
  }

  /** Whether calls of this priority may have one. */
  public boolean of(Tier.Priority caller) {
    return share > 0 && caller.compareTo(priority) <= 0;
  }
}
