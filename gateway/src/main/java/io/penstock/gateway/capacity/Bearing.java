package io.penstock.gateway.capacity;

import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.size.Bound;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one server of a pool bears: as many sequences at once as its memory holds and its SLO
 * allows. A pool whose SLO one sequence alone breaks has no load at which it begins to break; there
 * the memory decides.
 *
 * @param sequences at once, with requests as they have been of late
 * @param kvTokens of all of them
 * @param seconds that one of so many takes
 * @param stepSeconds of one step of so many
 * @param promptSecondsPerToken of a prompt that is taken in beside them; 0: the pool promises
 *     nothing that depends on it
 * @param cachedShare of the prompts that servers need not compute
 */
public record Bearing(
    int sequences,
    double kvTokens,
    double seconds,
    double stepSeconds,
    double promptSecondsPerToken,
    double cachedShare) {

  /** Null where the model does not fit. */
  static @Nullable Bearing of(Deployment deployment, Workload load, List<Bound> promises) {
    ContinuousBatching replica;
    try {
      replica = ContinuousBatching.of(deployment);
    } catch (IllegalArgumentException tooLarge) {
      return null;
    }
    int most = Math.max(1, (int) replica.maxSequences(load));
    int within = holds(replica, load, 1, promises) ? largest(replica, load, most, promises) : most;
    return new Bearing(
        within,
        replica.memory().kvTokens(),
        replica.closedLoop(load, within).total().mean(),
        replica.decodeSeconds(load, within),
        promises.stream().anyMatch(bound -> bound.metric() == Bound.Metric.TTFT)
            ? replica.step().computeSeconds(1)
            : 0,
        load.prefixHitRatio());
  }

  private static int largest(
      ContinuousBatching replica, Workload load, int most, List<Bound> promises) {
    int low = 1;
    int over = most + 1;
    while (over - low > 1) {
      int middle = (low + over) >>> 1;
      if (holds(replica, load, middle, promises)) {
        low = middle;
      } else {
        over = middle;
      }
    }
    return low;
  }

  private static boolean holds(
      ContinuousBatching replica, Workload load, int sequences, List<Bound> promises) {
    var prediction = replica.closedLoop(load, sequences);
    return promises.stream().allMatch(bound -> bound.holds(prediction));
  }
}
