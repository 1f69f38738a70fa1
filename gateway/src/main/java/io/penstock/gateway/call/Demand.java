package io.penstock.gateway.call;

/**
 * What a request asks of a model server, as far as can be told before it is answered.
 *
 * @param promptTokens estimated from bytes; exact where the client sent token ids
 * @param completionExpected for all its choices together, never over {@code completionMax}
 * @param completionMax for all its choices; {@link #OPEN} where the client gave no bound, so that
 *     only the pool's context bounds it; 0 where there is no completion, as for embeddings
 * @param complexity how hard it is
 * @param needsTools whether the model must call tools
 * @param needsVision whether the model must see images
 */
public record Demand(
    int promptTokens,
    int completionExpected,
    int completionMax,
    Assessment complexity,
    boolean needsTools,
    boolean needsVision) {
  /** The {@code completionMax} of a request that the client did not bound. */
  public static final int OPEN = -1;

  /** The same where another length of its answers is expected. */
  public Demand expecting(int completionTokens) {
    return completionTokens == completionExpected
        ? this
        : new Demand(
            promptTokens, completionTokens, completionMax, complexity, needsTools, needsVision);
  }
}
