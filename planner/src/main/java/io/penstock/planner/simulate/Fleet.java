package io.penstock.planner.simulate;

import java.util.function.IntToDoubleFunction;

/**
 * A pool's replicas and what becomes of them.
 *
 * @param replica what each is
 * @param replicas that are up at the beginning
 * @param routing which of them takes a call
 * @param scaling how many there should be
 * @param startNanos from the decision for one more until it takes calls
 * @param interruptionsPerHour of each replica, as spot instances have them; 0: none. One that is
 *     interrupted is gone at once, and another is started in its place.
 * @param slowness times as long as {@code replica} has it the steps of the n-th replica take
 * @param front what routes among them, and watches
 */
public record Fleet(
    ReplicaSpec replica,
    int replicas,
    Routing routing,
    Scaling scaling,
    long startNanos,
    double interruptionsPerHour,
    IntToDoubleFunction slowness,
    Front front) {
  public Fleet {
    if (replicas < 0 || startNanos < 0 || !(interruptionsPerHour >= 0)) {
      throw new IllegalArgumentException("replicas, their start and interruptions are 0 or more");
    }
  }

  /** So many, from beginning to end. */
  public static Fleet of(ReplicaSpec replica, int replicas) {
    return new Fleet(
        replica, replicas, Routing.LEAST_LOADED, Scaling.fixed(), 0, 0, _ -> 1, Front.COUNTING);
  }

  /** The same with another way to choose among them. */
  public Fleet with(Routing other) {
    return new Fleet(
        replica, replicas, other, scaling, startNanos, interruptionsPerHour, slowness, front);
  }

  /** The same under an autoscaler. */
  public Fleet with(Scaling other, long otherStartNanos) {
    return new Fleet(
        replica, replicas, routing, other, otherStartNanos, interruptionsPerHour, slowness, front);
  }

  /** The same on instances that may be taken away. */
  public Fleet interrupted(double perHour) {
    return new Fleet(replica, replicas, routing, scaling, startNanos, perHour, slowness, front);
  }

  /** The same on hardware that differs. */
  public Fleet slowed(IntToDoubleFunction by) {
    return new Fleet(
        replica, replicas, routing, scaling, startNanos, interruptionsPerHour, by, front);
  }

  /** The same behind somebody who watches. */
  public Fleet behind(Front other) {
    return new Fleet(
        replica, replicas, routing, scaling, startNanos, interruptionsPerHour, slowness, other);
  }
}
