package io.penstock.planner.capacity;

/**
 * Prompts that wait for steps. Those that came in the same step are taken in with the next one, as
 * far as it has room: a queue with a gate that opens at every step's end {@code B}. With {@code
 * E(B) = T/(1−b)} and {@code E(B²)(1−b²) = T² + 2·T·b·E(B) + S²·λ·E(B)} a request waits for the
 * rest {@code E(B²)/2E(B)} and is taken in with all that came meanwhile. What a step has no room
 * for waits for further ones, as for servers of which there are as many as prompts fit a step
 * (Sakasegawa, Annals of the Institute of Statistical Mathematics 29, 1977); where a prompt fills
 * steps alone, that is the formula of Pollaczek and Khinchine.
 *
 * @param busy the share of the time that prompts take
 * @param addedSeconds what one adds to its step, {@code S}
 * @param restSeconds what is left of a step that is going on
 * @param beside prompts that are taken in by the same steps as one's own
 * @param furtherSeconds steps that are full of earlier prompts
 */
record PromptQueue(
    double busy, double addedSeconds, double restSeconds, double beside, double furtherSeconds) {
  private static final double MOST_BUSY = 0.98;
  private static final double FULLEST = 0.999;

  /** How much less of the variance of prompts counts where the gate has counted it. */
  private static final double GATED = 0.5;

  /**
   * The queue.
   *
   * @param rate prompts a second, {@code λ}
   * @param decode a step without prompts, {@code T}
   * @param added what a prompt adds to it, {@code S}
   * @param skew the mean square of prompts' lengths over the square of their mean
   * @param fit prompts that a step takes in at most
   */
  static PromptQueue of(double rate, double decode, double added, double skew, double fit) {
    double busy = Math.min(MOST_BUSY, rate * added);
    double each = added + decode / fit;
    double full = Math.min(FULLEST, rate * each);
    double shared = Math.clamp(fit - 1, 0, 1);
    double gated = (decode * (1 + busy) + added * busy * skew) / (2 * (1 - busy * busy));
    double rest = Math.min(gated, (decode + fit * added) / 2);
    double servers = Math.sqrt(2 * (Math.max(1, fit) + 1)) - 1;
    return new PromptQueue(
        busy,
        added,
        shared * rest + (1 - shared) * (1 - full) * decode / 2,
        Math.min(2 * shared * rate * rest, Math.max(0, fit - 1)),
        each * (skew - GATED * shared) * Math.pow(full, servers) / (2 * (1 - full)));
  }

  /** The probability to come in a step with prompts, of which so many come in one on average. */
  double metProbability(double perStep) {
    return busy + (1 - busy) * -Math.expm1(-perStep);
  }

  /**
   * The mean wait over what is left of a step without prompts.
   *
   * @param going the probability that a step is going on
   * @param plain what is left of one without prompts
   * @param besideSeconds what prompts add that are taken in by the same steps
   */
  double waitSeconds(double going, double plain, double besideSeconds) {
    return Math.max(0, going * (restSeconds + besideSeconds - plain) + furtherSeconds);
  }
}
