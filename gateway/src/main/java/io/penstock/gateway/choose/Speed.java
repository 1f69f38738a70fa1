package io.penstock.gateway.choose;

/**
 * How fast a backend is beside the others of its pool.
 *
 * @param slowness times as long as the mean of them it takes for a token
 * @param idleCalls what a step takes without any call, as the calls that lengthen it by as much
 * @param promptCalls what a prompt at work delays the others by, in the same unit
 */
record Speed(double slowness, double idleCalls, double promptCalls) {
  /** Nothing is known but the calls, so that each counts the same. */
  static final Speed UNKNOWN = new Speed(1, 0, 0);

  /** The same of one that takes so many times as long as the mean. */
  Speed slower(double times) {
    return new Speed(times, idleCalls, promptCalls);
  }

  /**
   * About how long a token of one more call would take there: a step is as long as its fixed part
   * and the calls in it make it.
   */
  double burden(int inFlight, int unbegun) {
    return slowness * (idleCalls + 1 + inFlight + promptCalls * unbegun);
  }
}
