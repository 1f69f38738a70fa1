package io.penstock.planner.simulate;

/** How long one engine step takes. {@code StepTime::seconds} is one. */
@FunctionalInterface
public interface StepClock {
  /**
   * Seconds of a step.
   *
   * @param decodeSequences sequences that get one token each
   * @param decodeContextTokens what they attend to, all together
   * @param prefillTokens prompt tokens that are taken in
   * @param prefillContextTokens the sum over prompt tokens of what each attends to
   */
  double seconds(
      double decodeSequences,
      double decodeContextTokens,
      double prefillTokens,
      double prefillContextTokens);
}
