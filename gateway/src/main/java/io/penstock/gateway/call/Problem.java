package io.penstock.gateway.call;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A refusal as the OpenAI API puts it.
 *
 * @param status the HTTP status
 * @param type the error's type
 * @param code the error's code
 * @param param the field at fault
 * @param message for a person
 * @param retryAfter how long to wait; zero: no such header
 * @param mayRetry whether a client should try again; false is sent as {@code x-should-retry: false}
 */
public record Problem(
    int status,
    String type,
    @Nullable String code,
    @Nullable String param,
    String message,
    Duration retryAfter,
    boolean mayRetry) {

  private static final String INVALID = "invalid_request_error";

  /** The one place where a refusal becomes a status. */
  public static Problem of(Refusal refusal) {
    return switch (refusal) {
      case Refusal.BadRequest(var code, var param, var message) ->
          client(400, code, param, message);
      case Refusal.TooLarge(long limit) ->
          client(413, "request_too_large", null, "The request body is over " + limit + " bytes.");
      case Refusal.UnknownRoute(var method, var path) ->
          client(404, "unknown_url", null, "Unknown request URL: " + method + ' ' + path + '.');
      case Refusal.WrongMethod(var method, var path, var allowed) ->
          client(
              405,
              "method_not_allowed",
              null,
              method + " is not allowed on " + path + "; use " + allowed + '.');
      case Refusal.Unauthenticated(boolean given) ->
          client(
              401,
              "invalid_api_key",
              null,
              given
                  ? "Incorrect API key provided."
                  : "You didn't provide an API key. Send it as 'Authorization: Bearer KEY'.");
      case Refusal.BadCredential(var message) -> client(401, "invalid_api_key", null, message);
      case Refusal.ModelNotAllowed(var model, var tier) ->
          client(
              403,
              "model_not_allowed",
              "model",
              "Your tier (" + tier + ") may not use '" + model + "'.");
      case Refusal.ModelNotFound(var model) ->
          client(
              404,
              "model_not_found",
              "model",
              "The model '" + model + "' does not exist or you do not have access to it.");
      case Refusal.NotServed(var param, var message) ->
          client(404, "model_not_found", param, message);
      case Refusal.ContextExceeded(int context, int prompt, int completion) ->
          client(
              400,
              "context_length_exceeded",
              "messages",
              "The largest context length here is "
                  + context
                  + " tokens; your request needs about "
                  + (prompt + (long) completion)
                  + " ("
                  + prompt
                  + " in the prompt, "
                  + completion
                  + " for the completion).");
      case Refusal.RateLimited(var limit, var after, var message, var _) ->
          new Problem(
              429,
              limit.equals("tokens") ? "tokens" : "requests",
              "rate_limit_exceeded",
              null,
              message,
              after,
              true);
      case Refusal.BudgetSpent(var after, var message) ->
          new Problem(429, "insufficient_quota", "insufficient_quota", null, message, after, false);
      case Refusal.Overloaded(var pool, var after) ->
          new Problem(
              503,
              "overloaded_error",
              "overloaded",
              null,
              "The pool '" + pool + "' is full; try again later.",
              after,
              true);
      case Refusal.NoMemory(var after) ->
          new Problem(
              503,
              "overloaded_error",
              "overloaded",
              null,
              "There is no memory left for a request of this size; try again later.",
              after,
              true);
      case Refusal.NoBackend(var pool, var after) ->
          new Problem(
              503,
              "overloaded_error",
              "no_backend",
              null,
              "No backend of the pool '" + pool + "' is up.",
              after,
              true);
      case Refusal.UpstreamFailed(var _, var message) ->
          new Problem(502, "api_error", "upstream_error", null, message, Duration.ZERO, true);
      case Refusal.UpstreamTimeout(var pool, var waited) ->
          new Problem(
              504,
              "api_error",
              "upstream_timeout",
              null,
              "The pool '" + pool + "' gave no first token within " + waited.toMillis() + " ms.",
              Duration.ZERO,
              true);
      case Refusal.UploadTimeout(var waited) ->
          client(
              408,
              "request_timeout",
              null,
              "The request body did not arrive within " + waited.toMillis() + " ms.");
    };
  }

  private static Problem client(int status, String code, @Nullable String param, String message) {
    return new Problem(status, INVALID, code, param, message, Duration.ZERO, true);
  }
}
