package io.penstock.gateway.dryrun;

import io.penstock.planner.calibrate.FirstToken;
import io.penstock.planner.calibrate.FirstTokens;
import java.util.Optional;

/**
 * How a pool stands when a dry run asks.
 *
 * @param backend the backend that the next call goes to; none where none is up
 * @param why that one, in words; empty where there is none
 * @param inFlight calls there now
 * @param ttftSeconds its observed time to first token; NaN where none was
 * @param tpotSeconds the same for the time per token
 * @param firstToken how its first tokens are spread
 * @param firstTokens how they are around what the capacity model says of each; empty where it says
 *     nothing
 * @param promptFactor tokens that its model counts for each that is estimated of the caller's
 *     prompts
 * @param cachedShare the share of these that its servers had cached
 * @param waitSeconds how long the call would wait for a place there
 */
public record Standing(
    Optional<String> backend,
    String why,
    int inFlight,
    double ttftSeconds,
    double tpotSeconds,
    FirstToken firstToken,
    Optional<FirstTokens> firstTokens,
    double promptFactor,
    double cachedShare,
    double waitSeconds) {
  /** Of a pool of which nothing is known. */
  public static final Standing UNKNOWN =
      new Standing(
          Optional.empty(),
          "",
          0,
          Double.NaN,
          Double.NaN,
          FirstToken.UNKNOWN,
          Optional.empty(),
          1,
          0,
          0);
}
