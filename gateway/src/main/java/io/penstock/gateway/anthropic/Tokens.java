package io.penstock.gateway.anthropic;

import io.vertx.core.json.JsonObject;

/**
 * The usage of a message. Anthropic counts the prompt in three parts: what was read from its cache,
 * what was written to it, and the rest; OpenAI's prompt tokens are all of them, and its cached ones
 * those that were read.
 */
final class Tokens {
  private int input;
  private int cacheRead;
  private int cacheCreation;
  private int output;

  /** Takes what is told; a later word replaces the earlier, for it counts from the beginning. */
  void told(JsonObject usage) {
    input = number(usage, "input_tokens", input);
    cacheRead = number(usage, "cache_read_input_tokens", cacheRead);
    cacheCreation = number(usage, "cache_creation_input_tokens", cacheCreation);
    output = number(usage, "output_tokens", output);
  }

  private static int number(JsonObject usage, String name, int otherwise) {
    return usage.getValue(name) instanceof Number told ? told.intValue() : otherwise;
  }

  JsonObject openai() {
    int prompt = input + cacheRead + cacheCreation;
    return new JsonObject()
        .put("prompt_tokens", prompt)
        .put("completion_tokens", output)
        .put("total_tokens", prompt + output)
        .put("prompt_tokens_details", new JsonObject().put("cached_tokens", cacheRead));
  }
}
