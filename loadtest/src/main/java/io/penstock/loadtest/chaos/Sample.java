package io.penstock.loadtest.chaos;

import java.util.Locale;

/**
 * One call as its client saw it.
 *
 * @param beganNanos when it was begun
 * @param endedNanos when the last byte of it was read
 * @param saw what came of it
 * @param what the status and the error's code where there was one
 * @param backend who answered, where the answer says so
 * @param attempts how many backends it took; 0: not said
 */
record Sample(
    long beganNanos, long endedNanos, Saw saw, String what, String backend, int attempts) {

  /** What a client can see. */
  enum Saw {
    /** The whole answer. */
    ANSWERED,
    /** A status of 4xx or 5xx with a JSON error, before any content. */
    ERROR,
    /** A part of the answer, then an error frame. */
    ERROR_FRAME,
    /** A connection that ended where an answer should have gone on, or no answer at all. */
    BROKEN;

    String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  boolean bad() {
    return saw != Saw.ANSWERED;
  }
}
