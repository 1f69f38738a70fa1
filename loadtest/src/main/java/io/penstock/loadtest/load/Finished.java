package io.penstock.loadtest.load;

import io.vertx.core.json.JsonObject;

/**
 * One request of a load that has ended.
 *
 * @param atSeconds when it was to start, from the beginning of the load
 * @param ttftSeconds from then to its first content; NaN where it was no stream or had none
 * @param tpotSeconds per token after the first; NaN where there was none
 * @param totalSeconds from its intended start to its end
 * @param promptTokens as the answer counts them
 * @param completionTokens as the answer counts them, or its frames where it does not
 * @param error what went wrong; empty where it was answered whole
 */
public record Finished(
    double atSeconds,
    double ttftSeconds,
    double tpotSeconds,
    double totalSeconds,
    long promptTokens,
    long completionTokens,
    String error) {

  /** One line of JSON, without what is not known. */
  public String json() {
    var json = new JsonObject().put("at", atSeconds);
    if (!Double.isNaN(ttftSeconds)) {
      json.put("ttft", ttftSeconds);
    }
    if (!Double.isNaN(tpotSeconds)) {
      json.put("tpot", tpotSeconds);
    }
    json.put("total", totalSeconds)
        .put("prompt_tokens", promptTokens)
        .put("completion_tokens", completionTokens);
    return (error.isEmpty() ? json : json.put("error", error)).encode();
  }
}
