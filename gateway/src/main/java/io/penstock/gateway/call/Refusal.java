package io.penstock.gateway.call;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An expected "no". Its HTTP status, type and code are computed in one switch, by {@link Problem}.
 */
public sealed interface Refusal extends Accepted, Identified, Routed, Seated, Admission
    permits Refusal.BadRequest,
        Refusal.TooLarge,
        Refusal.UnknownRoute,
        Refusal.WrongMethod,
        Refusal.Unauthenticated,
        Refusal.BadCredential,
        Refusal.ModelNotAllowed,
        Refusal.ModelNotFound,
        Refusal.NotServed,
        Refusal.ContextExceeded,
        Refusal.RateLimited,
        Refusal.BudgetSpent,
        Refusal.Overloaded,
        Refusal.NoBackend,
        Refusal.UpstreamFailed,
        Refusal.UpstreamTimeout,
        Refusal.UploadTimeout,
        Refusal.NoMemory {

  /**
   * The body is not what the API takes: {@code invalid_json}, {@code missing_required_parameter},
   * ...
   */
  record BadRequest(String code, @Nullable String param, String message) implements Refusal {}

  record TooLarge(long limitBytes) implements Refusal {}

  record UnknownRoute(String method, String path) implements Refusal {}

  record WrongMethod(String method, String path, String allowed) implements Refusal {}

  record Unauthenticated(boolean keyGiven) implements Refusal {}

  /** A credential that was understood, and why it does not count; the message shows none of it. */
  record BadCredential(String message) implements Refusal {}

  record ModelNotAllowed(String model, String tier) implements Refusal {}

  record ModelNotFound(String model) implements Refusal {}

  /** No pool has what is asked: a pinned pool's name, or an operation that nobody serves. */
  record NotServed(@Nullable String param, String message) implements Refusal {}

  record ContextExceeded(int contextTokens, int promptTokens, int completionTokens)
      implements Refusal {}

  /** {@code limit} is {@code requests}, {@code tokens} or {@code concurrency}. */
  record RateLimited(String limit, Duration retryAfter, String message, LimitState state)
      implements Refusal {}

  record BudgetSpent(Duration retryAfter, String message) implements Refusal {}

  record Overloaded(String pool, Duration retryAfter) implements Refusal {}

  record NoBackend(String pool, Duration retryAfter) implements Refusal {}

  /** Every attempt failed before the client had a byte. */
  record UpstreamFailed(String pool, String message) implements Refusal {}

  record UpstreamTimeout(String pool, Duration waited) implements Refusal {}

  record UploadTimeout(Duration waited) implements Refusal {}

  /** The bodies of the requests that are here take all the memory that is meant for them. */
  record NoMemory(Duration retryAfter) implements Refusal {}
}
