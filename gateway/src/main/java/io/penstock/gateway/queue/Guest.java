package io.penstock.gateway.queue;

import io.penstock.config.Tier;

/**
 * Who asks for a place.
 *
 * @param tier what the caller is promised
 * @param tenant whose turn it is among the tier's
 * @param tokens of KV memory that the call will take, prompt and expected completion
 * @param promptTokens those that are the prompt's
 * @param streams whether its first token will be seen to come
 * @param question what it asks, as a number by which it is known when it comes again
 */
public record Guest(
    Tier tier, String tenant, double tokens, double promptTokens, boolean streams, long question) {
  /** Whoever of a tier comes next, of whose call nothing is known. */
  public static Guest any(Tier tier) {
    return new Guest(tier, "", 0, 0, false, 0);
  }

  boolean urgent() {
    return tier.priority() == Tier.Priority.HIGH;
  }
}
