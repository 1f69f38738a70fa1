package io.penstock.planner.simulate;

import java.util.List;

/**
 * How replicas were used, over all of them.
 *
 * @param seconds from the start to the last token
 * @param replicaSeconds that were paid for, those of starting included
 * @param mostReplicas that were up at once
 * @param utilisation the share of the replicas' seconds in which a step was going on
 * @param meanBatch sequences inside while a step was going on
 * @param meanKv the share of the KV memory that was used while a step was going on
 * @param mostKv the greatest share of a replica's that was
 * @param mostQueued calls in line at one replica
 * @param steps of all engines
 * @param preemptions sequences that lost their memory
 * @param recomputedTokens that were computed again for that
 * @param prefillTokens that were computed, those included
 * @param cachedTokens of prompts that needed no computing
 * @param interruptions of replicas
 * @param kvLeftOver KV memory that nobody gave back; 0, or there is a bug
 */
public record Use(
    double seconds,
    double replicaSeconds,
    int mostReplicas,
    double utilisation,
    double meanBatch,
    double meanKv,
    double mostKv,
    int mostQueued,
    long steps,
    long preemptions,
    long recomputedTokens,
    long prefillTokens,
    long cachedTokens,
    int interruptions,
    long kvLeftOver) {

  /** Replicas that were paid for, on average. */
  public double meanReplicas() {
    return share(replicaSeconds, seconds);
  }

  static Use of(
      List<Unit> units, long endNanos, int mostReplicas, int interruptions, ReplicaSpec spec) {
    double busy = 0;
    double batch = 0;
    double kv = 0;
    long kvMost = 0;
    int queued = 0;
    long steps = 0;
    long preemptions = 0;
    long recomputed = 0;
    long prefill = 0;
    long cached = 0;
    double paid = 0;
    long left = 0;
    for (var unit : units) {
      var meters = unit.replica.meters;
      busy += meters.busyNanos;
      batch += meters.batchArea;
      kv += meters.kvArea;
      kvMost = Math.max(kvMost, meters.kvMost);
      queued = Math.max(queued, meters.queueMost);
      steps += meters.steps;
      preemptions += meters.preemptions;
      recomputed += meters.recomputedTokens;
      prefill += meters.prefillTokens;
      cached += meters.cachedTokens;
      left += unit.replica.kvUsed();
      paid += unit.paidNanos(endNanos);
    }
    double capacity = (double) spec.kv().capacity();
    return new Use(
        endNanos / ReplicaSpec.NANOS,
        paid / ReplicaSpec.NANOS,
        mostReplicas,
        share(busy, paid),
        share(batch, busy),
        share(kv, busy * capacity),
        kvMost / capacity,
        queued,
        steps,
        preemptions,
        recomputed,
        prefill,
        cached,
        interruptions,
        left);
  }

  private static double share(double part, double whole) {
    return whole > 0 ? part / whole : 0;
  }
}
