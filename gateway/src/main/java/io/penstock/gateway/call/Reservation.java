package io.penstock.gateway.call;

/**
 * What was taken from a caller's limits for one call. It is ended exactly once: settled with what
 * was used, or released when nothing was; ending it twice throws {@link IllegalStateException}.
 */
public non-sealed interface Reservation extends Admission {
  /** The limits right after the reservation, for the answer's headers. */
  LimitState state();

  /**
   * Ends it with what was really used; the differences go back, or become debt.
   *
   * @param usage tokens
   * @param microUsd what the call cost, in millionths of a USD
   */
  void settle(Usage usage, long microUsd);

  /** As {@link #settle(Usage, long)}, for a call that cost nothing. */
  default void settle(Usage usage) {
    settle(usage, 0);
  }

  /** Ends it as if it had not been: requests, tokens and money go back. */
  void release();
}
