package io.penstock.gateway.anthropic;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/** What Anthropic calls things, and what OpenAI calls them. */
final class Words {
  static final int OVERLOADED = 529;

  private static final int UNAVAILABLE = 503;

  private Words() {}

  /** Its status for being overloaded is no one else's. */
  static int status(int status) {
    return status == OVERLOADED ? UNAVAILABLE : status;
  }

  static @Nullable String finishReason(@Nullable String stopReason) {
    return switch (stopReason) {
      case null -> null;
      case "max_tokens", "model_context_window_exceeded" -> "length";
      case "tool_use" -> "tool_calls";
      case "refusal" -> "content_filter";
      default -> "stop";
    };
  }

  /** An error's body; one that is none of Anthropic's stays as it is. */
  static Buffer error(Buffer body) {
    try {
      JsonObject given = new JsonObject(body);
      return given.getValue("error") instanceof JsonObject error
          ? error(error, null).toBuffer()
          : body;
    } catch (DecodeException | ClassCastException _) {
      return body;
    }
  }

  /**
   * @param code null: the code that the error's type has
   */
  static JsonObject error(JsonObject error, @Nullable Object code) {
    String type = Given.text(error, "type", "api_error");
    String message = Given.text(error, "message", "The provider failed.");
    return new JsonObject()
        .put(
            "error",
            new JsonObject()
                .put("message", message)
                .put("type", type(type))
                .put("param", null)
                .put("code", code == null ? code(type, message) : code));
  }

  private static String type(String type) {
    return switch (type) {
      case "rate_limit_error" -> "requests";
      case "request_too_large", "not_found_error" -> "invalid_request_error";
      default -> type;
    };
  }

  private static @Nullable String code(String type, String message) {
    return switch (type) {
      case "rate_limit_error" -> "rate_limit_exceeded";
      case "request_too_large" -> "request_too_large";
      default -> message.startsWith("prompt is too long") ? "context_length_exceeded" : null;
    };
  }

  /** The HTTP status that an error within a stream would have had. */
  static int statusOf(String type) {
    return switch (type) {
      case "invalid_request_error" -> 400;
      case "authentication_error" -> 401;
      case "billing_error" -> 402;
      case "permission_error" -> 403;
      case "not_found_error" -> 404;
      case "request_too_large" -> 413;
      case "rate_limit_error" -> 429;
      case "timeout_error" -> 504;
      case "overloaded_error" -> UNAVAILABLE;
      default -> 502;
    };
  }
}
