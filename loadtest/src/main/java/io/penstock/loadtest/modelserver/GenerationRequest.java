package io.penstock.loadtest.modelserver;

import io.vertx.core.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A chat or a text completion, read and checked.
 *
 * @param prompts one for a chat
 * @param maxTokens zero: as many as the context allows
 * @param logprobs how many alternatives to show for each token; -1: no logprobs at all
 * @param seed zero where the client named none
 */
record GenerationRequest(
    boolean chat,
    String model,
    List<Prompt> prompts,
    Stream stream,
    int n,
    int maxTokens,
    int minTokens,
    boolean ignoreEos,
    List<String> stops,
    int logprobs,
    int priority,
    long seed,
    Tools tools,
    Format format) {

  /** What the model reads. */
  record Prompt(String text, TokenChain chain) {
    int tokens() {
      return chain.tokens();
    }
  }

  record Stream(boolean wanted, boolean usage, boolean continuousUsage) {}

  /**
   * @param offered the functions, each with name and parameters
   * @param choice none, auto, required or a function's name
   */
  record Tools(List<JsonObject> offered, String choice, boolean parallel, boolean answered) {}

  /** Text where {@code json} is false; any object where there is no schema. */
  record Format(boolean json, @Nullable JsonObject schema) {}
}
