package io.penstock.planner.autoscale;

import io.penstock.planner.calibrate.Calibrated;
import io.penstock.planner.capacity.Deployment;

/**
 * What is known of a pool's capacity at one moment.
 *
 * @param pool its name
 * @param prior one replica as the config has it
 * @param calibrated what traffic made of that
 * @param load what comes
 * @param times what calls took, and should have
 * @param replicas servers that are up
 * @param inFlight calls there
 * @param target how many there should be, and why
 */
public record PoolCapacity(
    String pool,
    Deployment prior,
    Calibrated calibrated,
    Load load,
    Times times,
    int replicas,
    int inFlight,
    Target target) {

  /**
   * What comes.
   *
   * @param perSecond requests, over the last seconds
   * @param aheadPerSecond expected at the highest while a replica would start
   * @param highPerSecond what that will stay under in 95 of 100 cases
   * @param promptTokens on average
   * @param completionTokens on average
   * @param cachedShare of the prompts' tokens that servers had cached
   */
  public record Load(
      double perSecond,
      double aheadPerSecond,
      double highPerSecond,
      double promptTokens,
      double completionTokens,
      double cachedShare) {}

  /**
   * Means over the last calls, the newest counting most; NaN before the first.
   *
   * @param ttftSeconds that were seen
   * @param ttftExpected by the calibrated model for the same calls
   * @param ttftError of single calls, as a share of what was seen
   * @param tpotSeconds that were seen
   * @param tpotExpected by the calibrated model for the same calls
   * @param tpotError of single calls, as a share of what was seen
   */
  public record Times(
      double ttftSeconds,
      double ttftExpected,
      double ttftError,
      double tpotSeconds,
      double tpotExpected,
      double tpotError) {}

  /** With what the fleet has agreed on. */
  public PoolCapacity with(Target agreed) {
    return new PoolCapacity(pool, prior, calibrated, load, times, replicas, inFlight, agreed);
  }

  /** Requests a second that the servers which are up finish at most. */
  public double maxPerSecond() {
    return replicas * target.saturationPerSecond();
  }

  /** The load over what the servers that are up serve within the SLO. */
  public double utilisation() {
    double most = replicas * target.sustainablePerSecond();
    return most > 0 ? load.perSecond / most : load.perSecond > 0 ? 1 : 0;
  }
}
