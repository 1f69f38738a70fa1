package io.penstock.loadtest.modelserver;

/** How long one engine step takes with this batch. */
@FunctionalInterface
interface StepClock {
  double seconds(Batch batch);

  /**
   * What one step works on.
   *
   * @param decodeSequences sequences that get one token each
   * @param decodeContextTokens the sum of their contexts
   * @param prefillTokens prompt tokens taken in
   * @param prefillContextTokens the sum, over the chunks of prompts, of tokens times the mean
   *     context that they attend to
   */
  record Batch(
      int decodeSequences,
      long decodeContextTokens,
      int prefillTokens,
      long prefillContextTokens) {}
}
