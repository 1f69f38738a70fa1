package io.penstock.planner.autoscale;

import java.util.ArrayDeque;

/**
 * Fast up, slow down: more replicas are wanted at once, fewer only after the highest wish of the
 * whole window is lower. So a pool breathes once a window at most, and a short lull costs nothing.
 * Not safe for several threads.
 */
public final class Stabiliser {
  private record Wish(double seconds, int replicas) {}

  /** Falling from the first to the last: what is lower than a later wish never decides. */
  private final ArrayDeque<Wish> wishes = new ArrayDeque<>();

  private double windowSeconds;

  /**
   * @param windowSeconds for how long a wish holds others up
   */
  public Stabiliser(double windowSeconds) {
    this.windowSeconds = windowSeconds;
  }

  /** Takes another window from now on. */
  public void window(double seconds) {
    windowSeconds = seconds;
  }

  /**
   * What is to be, where {@code target} is what is needed now.
   *
   * @param nowSeconds on a clock that does not go back
   */
  public Target hold(double nowSeconds, Target target) {
    while (!wishes.isEmpty() && wishes.peekLast().replicas <= target.replicas()) {
      wishes.removeLast();
    }
    wishes.addLast(new Wish(nowSeconds, target.replicas()));
    while (wishes.peekFirst().seconds < nowSeconds - windowSeconds) {
      wishes.removeFirst();
    }
    var highest = wishes.peekFirst();
    if (highest.replicas <= target.replicas()) {
      return target;
    }
    long left = Math.round(highest.seconds + windowSeconds - nowSeconds);
    return target.with(
        highest.replicas,
        target.replicas()
            + " would do now; held for "
            + left
            + " s more, so that a lull costs nothing");
  }
}
