package io.penstock.planner.report;

/**
 * One request as it was recorded. A text that is not known is empty, a number NaN.
 *
 * @param epochSeconds when it arrived
 * @param outcome {@code answered}, {@code refused}, {@code failed} or {@code cancelled}
 * @param promptTokens all of its prompt
 * @param cachedTokens the part of it that the server had cached
 * @param ttftSeconds from its arrival to its first token
 * @param tpotSeconds per token after the first
 * @param totalSeconds from its arrival to its end
 * @param usd what it cost
 * @param sparedPromptTokens estimated, of one that the answer cache or another's call answered
 * @param sparedCompletionTokens expected, of such a one
 */
public record Entry(
    double epochSeconds,
    String tenant,
    String tier,
    String pool,
    String complexity,
    String outcome,
    boolean stream,
    double promptTokens,
    double cachedTokens,
    double completionTokens,
    double ttftSeconds,
    double tpotSeconds,
    double totalSeconds,
    double usd,
    double sparedPromptTokens,
    double sparedCompletionTokens) {

  /** One that was sent to a model server, or to none for another reason. */
  public Entry(
      double epochSeconds,
      String tenant,
      String tier,
      String pool,
      String complexity,
      String outcome,
      boolean stream,
      double promptTokens,
      double cachedTokens,
      double completionTokens,
      double ttftSeconds,
      double tpotSeconds,
      double totalSeconds,
      double usd) {
    this(
        epochSeconds,
        tenant,
        tier,
        pool,
        complexity,
        outcome,
        stream,
        promptTokens,
        cachedTokens,
        completionTokens,
        ttftSeconds,
        tpotSeconds,
        totalSeconds,
        usd,
        Double.NaN,
        Double.NaN);
  }

  /** Whether a model server answered it. */
  public boolean answered() {
    return outcome.equals("answered") && completionTokens >= 0;
  }
}
