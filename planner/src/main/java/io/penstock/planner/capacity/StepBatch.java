package io.penstock.planner.capacity;

/**
 * What an engine does in one step.
 *
 * @param decodeSequences sequences that get one token each
 * @param decodeContextTokens what they attend to, all together
 * @param prefillTokens prompt tokens that are taken in
 * @param prefillContextTokens the sum, over the chunks of prompts, of tokens times the mean context
 *     that they attend to
 */
public record StepBatch(
    int decodeSequences, long decodeContextTokens, int prefillTokens, long prefillContextTokens) {
  public StepBatch {
    if (decodeSequences < 0
        || decodeContextTokens < 0
        || prefillTokens < 0
        || prefillContextTokens < 0) {
      throw new IllegalArgumentException("a batch's counts must be 0 or more");
    }
  }

  /** A step that decodes alone. */
  public static StepBatch decode(int sequences, long contextTokens) {
    return new StepBatch(sequences, contextTokens, 0, 0);
  }

  /** A step that takes in one whole prompt, each token of which sees those before it. */
  public static StepBatch prefill(int promptTokens) {
    return new StepBatch(0, 0, promptTokens, (long) promptTokens * promptTokens / 2);
  }
}
