package io.penstock.planner.autoscale;

import java.util.ArrayList;
import java.util.List;

/**
 * How many replicas a pool should have.
 *
 * @param replicas that many
 * @param sustainablePerSecond requests a second that one of them serves within the SLO
 * @param saturationPerSecond requests a second that one of them finishes at most
 * @param uncertainty by how much the model may be too optimistic, which the replicas allow for
 * @param limited whether the policy's maximum keeps it from more
 * @param reasons in words, the first the weightiest
 */
public record Target(
    int replicas,
    double sustainablePerSecond,
    double saturationPerSecond,
    double uncertainty,
    boolean limited,
    List<String> reasons) {
  public Target {
    reasons = List.copyOf(reasons);
  }

  /** Another number, with the reason that weighs most. */
  public Target with(int other, String reason) {
    var longer = new ArrayList<>(reasons);
    longer.addFirst(reason);
    return new Target(
        other, sustainablePerSecond, saturationPerSecond, uncertainty, limited, longer);
  }
}
