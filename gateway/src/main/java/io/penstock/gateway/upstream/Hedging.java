package io.penstock.gateway.upstream;

import java.util.function.Supplier;

/**
 * Whether a call may be tried a second time beside the first, and how its answer is judged.
 *
 * @param afterNanos how long its first token is waited for; 0: there is no second attempt
 * @param judge a sink of nobody's, which says when an answer has content
 */
public record Hedging(long afterNanos, Supplier<AnswerSink> judge) {
  public static final Hedging NONE =
      new Hedging(
          0,
          () -> {
            throw new IllegalStateException("there is no second attempt");
          });
}
