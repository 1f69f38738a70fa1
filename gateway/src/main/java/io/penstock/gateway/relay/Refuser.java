package io.penstock.gateway.relay;

import io.penstock.gateway.call.Problem;
import io.penstock.gateway.call.Refusal;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;

/** Writes a refusal as an OpenAI client expects it. */
public final class Refuser {
  private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
  private static final CharSequence RETRY_AFTER = HttpHeaders.createOptimized("retry-after");
  private static final CharSequence RETRY_AFTER_MS = HttpHeaders.createOptimized("retry-after-ms");
  private static final CharSequence SHOULD_RETRY = HttpHeaders.createOptimized("x-should-retry");
  private static final CharSequence FALSE = HttpHeaders.createOptimized("false");

  private Refuser() {}

  /** Answers with a refusal; the status that was sent. */
  public static int refuse(HttpServerResponse response, Refusal refusal, Marks marks) {
    if (refusal instanceof Refusal.WrongMethod wrong) {
      response.putHeader(HttpHeaders.ALLOW, wrong.allowed());
    }
    return send(response, Problem.of(refusal), marks);
  }

  /** Answers that something went wrong that should not have. */
  public static int bug(HttpServerResponse response, Marks marks) {
    Problem problem =
        new Problem(
            500,
            "api_error",
            "internal_error",
            null,
            "The gateway failed; its log says more.",
            Duration.ZERO,
            true);
    return send(response, problem, marks);
  }

  /** Answers with any problem; the status that was sent. */
  public static int send(HttpServerResponse response, Problem problem, Marks marks) {
    marks.write(response.headers());
    if (!problem.retryAfter().isZero() || problem.status() == 429 || problem.status() == 503) {
      retryAfter(response, problem.retryAfter());
    }
    if (!problem.mayRetry()) {
      response.putHeader(SHOULD_RETRY, FALSE);
    }
    json(response, problem.status(), Buffer.buffer(ErrorBody.of(problem).json()));
    return problem.status();
  }

  /** Whole seconds and at least one, since many clients take 0 for "at once"; and the truth. */
  static void retryAfter(HttpServerResponse response, Duration wait) {
    long millis = Math.max(1, wait.toMillis());
    response.putHeader(RETRY_AFTER, Long.toString(Math.max(1, (millis + 999) / 1000)));
    response.putHeader(RETRY_AFTER_MS, Long.toString(millis));
  }

  /** Answers with JSON text. */
  public static void json(HttpServerResponse response, int status, Buffer text) {
    response.putHeader(HttpHeaders.CONTENT_TYPE, JSON);
    response.setStatusCode(status);
    var _ = response.end(text);
  }
}
