package io.penstock.gateway.call;

/**
 * What was taken from a caller's limits for one call. It is ended exactly once: settled with what
 * was used, or released when nothing was; ending it twice throws {@link IllegalStateException}.
 */
public non-sealed interface Reservation extends Admission {
  /** The limits right after the reservation, for the answer's headers. */
  LimitState state();

  /** Ends it with the tokens that were really used; the difference goes back, or becomes debt. */
  void settle(Usage usage);

  /** Ends it as if it had not been: requests and tokens go back. */
  void release();
}
