package io.penstock.planner.autoscale;

/**
 * How a pool is to be scaled.
 *
 * @param min replicas at least
 * @param max replicas at most
 * @param headroom the share of the load ahead that is kept free
 * @param spares replicas that may be lost at once
 * @param startSeconds from the wish for a replica to its first answer: how far ahead to look
 * @param windowSeconds for how long fewer must have been enough before one is taken away
 */
public record Policy(
    int min, int max, double headroom, int spares, double startSeconds, double windowSeconds) {
  public Policy {
    if (min < 0 || max < Math.max(1, min)) {
      throw new IllegalArgumentException("replicas: min " + min + ", max " + max);
    }
    if (!(headroom >= 0 && headroom < 10) || spares < 0) {
      throw new IllegalArgumentException("headroom and spares must be 0 or more");
    }
    if (!(startSeconds >= 0) || !(windowSeconds >= 0)) {
      throw new IllegalArgumentException("times must be 0 or more");
    }
  }
}
