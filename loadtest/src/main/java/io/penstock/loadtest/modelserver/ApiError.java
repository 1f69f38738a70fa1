package io.penstock.loadtest.modelserver;

import io.vertx.core.json.JsonObject;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the server says when it will not or cannot answer. */
record ApiError(int status, String type, String message, @Nullable String param) {
  static ApiError badRequest(String message, @Nullable String param) {
    return new ApiError(400, "BadRequestError", message, param);
  }

  /** In the words of vLLM's validation of the body. */
  static ApiError invalid(String kind, String field, String message) {
    String text =
        "[{'type': '%s', 'loc': ('body', '%s'), 'msg': '%s'}]".formatted(kind, field, message);
    return new ApiError(400, "Bad Request", text, null);
  }

  static ApiError noModel(String model) {
    return new ApiError(404, "NotFoundError", "The model `" + model + "` does not exist.", "model");
  }

  static ApiError ofStatus(int status) {
    return switch (status) {
      case 429 -> new ApiError(429, "RateLimitError", "Too many requests", null);
      case 500 -> new ApiError(500, "InternalServerError", "Internal server error", null);
      case 503 -> new ApiError(503, "ServiceUnavailableError", "The engine is overloaded", null);
      default ->
          new ApiError(status, "BadRequestError", "Failed on demand with status " + status, null);
    };
  }

  JsonObject body(Set<Quirk> quirks) {
    if (quirks.contains(Quirk.INTEGER_ERROR_CODE)) {
      return new JsonObject()
          .put(
              "error",
              new JsonObject()
                  .put("code", status)
                  .put("message", message)
                  .put("type", plainType()));
    }
    var error =
        new JsonObject()
            .put("message", message)
            .put("type", type)
            .put("param", param)
            .put("code", status);
    if (!quirks.contains(Quirk.FLAT_ERROR)) {
      return new JsonObject().put("error", error);
    }
    var flat = new JsonObject().put("object", "error");
    error.forEach(entry -> flat.put(entry.getKey(), entry.getValue()));
    return flat;
  }

  /** The same fault as the server of {@link Quirk#CLIENT_FAULT_500} reports it. */
  ApiError asServerFault() {
    return new ApiError(500, "server_error", "[json.exception.parse_error.101] " + message, null);
  }

  private String plainType() {
    return switch (status) {
      case 400 -> "invalid_request_error";
      case 401 -> "authentication_error";
      case 404 -> "not_found_error";
      case 503 -> "unavailable_error";
      default -> "server_error";
    };
  }

  RuntimeException thrown() {
    return new Refused(this);
  }

  /** Carries an error out of the reading of a body; cheap, without a stack. */
  static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final transient ApiError error;

    private Refused(ApiError error) {
      super(error.message, null, false, false);
      this.error = error;
    }

    ApiError error() {
      return error;
    }
  }
}
