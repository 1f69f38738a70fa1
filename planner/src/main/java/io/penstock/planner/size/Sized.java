package io.penstock.planner.size;

import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.MemoryBudget;
import io.penstock.planner.capacity.Prediction;

/** What sizing a pool on one kind of replica came to. */
public sealed interface Sized {

  /** The replica. */
  Deployment deployment();

  /**
   * So many replicas do it.
   *
   * @param deployment the replica
   * @param memory its ledger
   * @param perReplicaPerSecond requests a second that one serves within the SLO, after uncertainty
   * @param binding what keeps it from serving more
   * @param forLoad replicas for the peak
   * @param forHeadroom more of them for headroom
   * @param spares more of them that may fail
   * @param atPeak what a request meets at the peak, the spares idle
   * @param cost what it comes to
   */
  record Plan(
      Deployment deployment,
      MemoryBudget memory,
      double perReplicaPerSecond,
      Constraint binding,
      int forLoad,
      int forHeadroom,
      int spares,
      Prediction atPeak,
      Cost cost)
      implements Sized {
    /** All replicas. */
    public int replicas() {
      return forLoad + forHeadroom + spares;
    }
  }

  /**
   * No number of replicas does it.
   *
   * @param deployment the replica
   * @param binding what cannot be met
   * @param why in one line, with the nearest that could be
   */
  record Impossible(Deployment deployment, Constraint binding, String why) implements Sized {}

  /**
   * What a plan costs, in USD.
   *
   * @param perMonth all replicas, day and night, for 730 hours
   * @param perRequest of that for each request of an average month
   * @param perMillionTokens of that for a million prompt and completion tokens
   * @param perRequestLoaded for each request if every replica were always full
   * @param perMillionTokensLoaded for a million tokens if every replica were always full
   */
  record Cost(
      double perMonth,
      double perRequest,
      double perMillionTokens,
      double perRequestLoaded,
      double perMillionTokensLoaded) {}
}
