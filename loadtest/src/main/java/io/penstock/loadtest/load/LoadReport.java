package io.penstock.loadtest.load;

import io.vertx.core.json.JsonObject;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What came of a load.
 *
 * @param seconds from the first intended start to the last end
 * @param sent requests that were begun
 * @param answered requests that were answered whole
 * @param errors the others, by what went wrong
 * @param promptTokens as the answers count them
 * @param completionTokens as the answers count them, or their frames where they do not
 * @param mostInFlight the most requests that were open at once
 * @param total from the intended start to the last byte, of what was answered
 * @param firstToken from the intended start to the first content, of streams
 * @param gap between two contents of one stream
 * @param perToken the mean time per token after the first, per stream
 * @param lateness from the intended start to the true one: the generator's own fault
 */
public record LoadReport(
    double seconds,
    long sent,
    long answered,
    Map<String, Long> errors,
    long promptTokens,
    long completionTokens,
    int mostInFlight,
    Quantiles total,
    Quantiles firstToken,
    Quantiles gap,
    Quantiles perToken,
    Quantiles lateness) {
  public double requestsPerSecond() {
    return seconds > 0 ? answered / seconds : 0;
  }

  public double completionTokensPerSecond() {
    return seconds > 0 ? completionTokens / seconds : 0;
  }

  public long failed() {
    return errors.values().stream().mapToLong(Long::longValue).sum();
  }

  /** For people, several lines. */
  public String text() {
    String failures =
        errors.isEmpty()
            ? "none"
            : errors.entrySet().stream()
                .map(error -> error.getKey() + ": " + error.getValue())
                .collect(Collectors.joining(", "));
    return String.format(
        Locale.ROOT,
        """
        requests      %d sent, %d answered in %.1f s: %.1f/s, at most %d at once
        errors        %s
        tokens        %d prompt, %d completion: %.0f/s
        total         %s
        first token   %s
        gap           %s
        per token     %s
        sent late by  %s
        """,
        sent,
        answered,
        seconds,
        requestsPerSecond(),
        mostInFlight,
        failures,
        promptTokens,
        completionTokens,
        completionTokensPerSecond(),
        total.text(),
        firstToken.text(),
        gap.text(),
        perToken.text(),
        lateness.text());
  }

  /** For programs. */
  public String json() {
    var failures = new JsonObject();
    errors.forEach(failures::put);
    return new JsonObject()
        .put("seconds", seconds)
        .put("sent", sent)
        .put("answered", answered)
        .put("errors", failures)
        .put("requests_per_second", requestsPerSecond())
        .put("most_in_flight", mostInFlight)
        .put("prompt_tokens", promptTokens)
        .put("completion_tokens", completionTokens)
        .put("completion_tokens_per_second", completionTokensPerSecond())
        .put("total", total.json())
        .put("first_token", firstToken.json())
        .put("gap", gap.json())
        .put("per_token", perToken.json())
        .put("lateness", lateness.json())
        .encodePrettily();
  }
}
