package io.penstock.gateway.relay;

import io.penstock.gateway.call.GoDuration;
import io.penstock.gateway.call.LimitState;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * What every answer to one call says of the call in its headers, as far as it is known.
 *
 * @param tier the caller's
 * @param complexity the request's
 * @param limits the caller's, when the call was admitted or refused
 */
public record Marks(
    @Nullable String tier, @Nullable String complexity, @Nullable LimitState limits) {
  /** Of a request that nobody has looked at. */
  public static final Marks NONE = new Marks(null, null, null);

  private static final CharSequence TIER = HttpHeaders.createOptimized("x-penstock-tier");
  private static final CharSequence COMPLEXITY =
      HttpHeaders.createOptimized("x-penstock-complexity");
  private static final CharSequence LIMIT_REQUESTS =
      HttpHeaders.createOptimized("x-ratelimit-limit-requests");
  private static final CharSequence REMAINING_REQUESTS =
      HttpHeaders.createOptimized("x-ratelimit-remaining-requests");
  private static final CharSequence RESET_REQUESTS =
      HttpHeaders.createOptimized("x-ratelimit-reset-requests");
  private static final CharSequence LIMIT_TOKENS =
      HttpHeaders.createOptimized("x-ratelimit-limit-tokens");
  private static final CharSequence REMAINING_TOKENS =
      HttpHeaders.createOptimized("x-ratelimit-remaining-tokens");
  private static final CharSequence RESET_TOKENS =
      HttpHeaders.createOptimized("x-ratelimit-reset-tokens");

  void write(MultiMap headers) {
    if (tier != null) {
      headers.set(TIER, tier);
    }
    if (complexity != null) {
      headers.set(COMPLEXITY, complexity);
    }
    if (limits != null && limits.requestsLimit() >= 0) {
      headers.set(LIMIT_REQUESTS, Long.toString(limits.requestsLimit()));
      headers.set(REMAINING_REQUESTS, Long.toString(limits.requestsRemaining()));
      headers.set(RESET_REQUESTS, GoDuration.format(limits.requestsResetNanos()));
    }
    if (limits != null && limits.tokensLimit() >= 0) {
      headers.set(LIMIT_TOKENS, Long.toString(limits.tokensLimit()));
      headers.set(REMAINING_TOKENS, Long.toString(limits.tokensRemaining()));
      headers.set(RESET_TOKENS, GoDuration.format(limits.tokensResetNanos()));
    }
  }
}
