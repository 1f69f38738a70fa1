package io.penstock.planner.calibrate;

/**
 * What was seen of one request at a model server.
 *
 * @param atSeconds when it ended, on any clock that does not go back
 * @param batch requests at the server while it was there, averaged over time, itself included
 * @param promptTokens of its prompt that were computed, not taken from a cache
 * @param contextTokens that one sequence in progress there attended to, on average
 * @param tokensAhead prompt tokens that the server had got just before and not yet worked through
 * @param tokensBeside prompt tokens that the server got while this one was there
 * @param aheadDoubt by how many the former stray: what of others' prompts was cached is not known
 * @param besideDoubt by how many the latter do
 * @param completionTokens that it was given
 * @param ttftSeconds from its dispatch to its first token; NaN where that was not seen
 * @param tpotSeconds per token after the first; NaN where that was not seen
 * @param totalSeconds from its dispatch to its end: all that is seen of an answer that was no
 *     stream
 */
public record Sighting(
    double atSeconds,
    double batch,
    double promptTokens,
    double contextTokens,
    double tokensAhead,
    double tokensBeside,
    double aheadDoubt,
    double besideDoubt,
    double completionTokens,
    double ttftSeconds,
    double tpotSeconds,
    double totalSeconds) {

  /** At a server that had nothing of what others asked in its cache. */
  public Sighting(
      double atSeconds,
      double batch,
      double promptTokens,
      double contextTokens,
      double tokensAhead,
      double tokensBeside,
      double completionTokens,
      double ttftSeconds,
      double tpotSeconds,
      double totalSeconds) {
    this(
        atSeconds,
        batch,
        promptTokens,
        contextTokens,
        tokensAhead,
        tokensBeside,
        0,
        0,
        completionTokens,
        ttftSeconds,
        tpotSeconds,
        totalSeconds);
  }

  /**
   * The same at a server that others use too, who were not seen.
   *
   * @param times how many calls the server has for one that was seen, at least 1
   */
  public Sighting amongOthers(double times) {
    return times == 1
        ? this
        : new Sighting(
            atSeconds,
            1 + (batch - 1) * times,
            promptTokens,
            contextTokens,
            tokensAhead * times,
            tokensBeside * times,
            aheadDoubt * times,
            besideDoubt * times,
            completionTokens,
            ttftSeconds,
            tpotSeconds,
            totalSeconds);
  }
}
