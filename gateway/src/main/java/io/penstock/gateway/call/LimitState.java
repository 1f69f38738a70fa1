package io.penstock.gateway.call;

/**
 * A caller's limits at one moment; a limit of -1 means that there is none.
 *
 * @param requestsLimit a full bucket of requests
 * @param requestsRemaining what is left, never below 0
 * @param requestsResetNanos until the bucket is full
 * @param tokensLimit a full bucket of tokens
 * @param tokensRemaining what is left, never below 0
 * @param tokensResetNanos until the bucket is full
 */
public record LimitState(
    long requestsLimit,
    long requestsRemaining,
    long requestsResetNanos,
    long tokensLimit,
    long tokensRemaining,
    long tokensResetNanos) {
  public static final LimitState UNLIMITED = new LimitState(-1, -1, 0, -1, -1, 0);
}
