package io.penstock.planner.simulate;

/**
 * What stands before a fleet, as a gateway does: it sees each call go to a replica and end there,
 * and weighs replicas by what it has seen. Replicas are numbered in the order of their ordering.
 */
public interface Front {
  /** One that looks at nothing but the calls inside and in line. */
  Front COUNTING = new Front() {};

  /** How much a replica would have to do with one more call: who has least takes it. */
  default double load(int replica, int inFlight, int unbegun) {
    return inFlight;
  }

  /**
   * A call goes to a replica.
   *
   * @param inFlight calls there before
   */
  default void sent(int call, int replica, int inFlight, long nowNanos) {}

  /** A call has ended with its last token, at a replica. */
  default void ended(int call, int replica, long firstTokenNanos, long endNanos) {}
}
