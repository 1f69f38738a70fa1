package io.penstock.config;

import java.time.Duration;
import java.util.Optional;

/**
 * How the desired replicas of a pool follow its load.
 *
 * @param headroom the share of the load ahead that is kept free
 * @param spareReplicas replicas that may be lost at once
 * @param start from the wish for a replica to its first answer: how far ahead to look
 * @param window for how long fewer must have been enough before one is taken away
 * @param controller who starts and stops replicas; absent: whoever reads the target
 */
public record Scaling(
    double headroom,
    int spareReplicas,
    Duration start,
    Duration window,
    Optional<Controller> controller) {
  public static final Scaling DEFAULT =
      new Scaling(0, 0, Duration.ofMinutes(3), Duration.ofMinutes(5), Optional.empty());

  public Scaling {
    new Check()
        .within("headroom", headroom, 0, 1)
        .within("spare-replicas", spareReplicas, 0, Capacity.MOST)
        .notNegative("start", start)
        .notNegative("window", window)
        .orRefuse();
  }
}
