package io.penstock.planner.size;

import io.penstock.planner.capacity.Lengths;
import io.penstock.planner.simulate.Arrivals;
import io.penstock.planner.simulate.Arrivals.Length;
import io.penstock.planner.simulate.Fleet;
import io.penstock.planner.simulate.ReplicaSpec;
import io.penstock.planner.simulate.Simulated;
import io.penstock.planner.simulate.Simulation;
import io.penstock.planner.simulate.Spread;
import java.util.Optional;

/**
 * A plan tried out: the replicas that serve at the peak, while all spares are lost, under a Poisson
 * stream of that rate, step by step.
 *
 * @param sized the plan
 * @param seen what came of it, the beginning left out
 */
public record Rehearsal(Sized sized, Simulated seen) {
  private static final int LEAST_CALLS = 20_000;
  private static final int MOST_CALLS = 400_000;

  /** Calls for each that is in flight, so that the replicas are full for most of the time. */
  private static final double CALLS_IN_FLIGHT = 20;

  /** Of the calls, those that come while the replicas fill. */
  private static final int BEGINNING = 4;

  /** Tries it out; empty where the simulation lacks what the plan counts on. */
  public static Optional<Rehearsal> of(Sized sized, long seed) {
    var load = sized.demand().load();
    if (load.prefixHitRatio() > 0 || load.tokensPerStep() > 1) {
      return Optional.empty();
    }
    int serving = sized.replicas().serving();
    double inFlight = sized.atPeak().inFlight() * serving;
    int count = (int) Math.clamp(CALLS_IN_FLIGHT * inFlight, LEAST_CALLS, MOST_CALLS);
    var calls =
        Arrivals.poisson(
            seed, sized.peakPerSecond(), count, length(load.prompt()), length(load.completion()));
    var fleet = Fleet.of(ReplicaSpec.of(sized.deployment()), serving);
    var seen = Simulation.run(fleet, calls, seed).withoutFirst(count / BEGINNING);
    return Optional.of(new Rehearsal(sized, seen));
  }

  private static Length length(Lengths lengths) {
    return (uniform, _) -> lengths.quantile(uniform);
  }

  /** What was seen of it, in seconds. */
  public double of(Bound bound) {
    Spread spread =
        switch (bound.metric()) {
          case TTFT -> seen.ttft();
          case TPOT -> seen.tpot();
          case TOTAL -> seen.total();
        };
    return switch (bound.percentile()) {
      case MEAN -> spread.mean();
      case P50 -> spread.p50();
      case P95 -> spread.p95();
      case P99 -> spread.p99();
    };
  }

  /** Whether every promise held. */
  public boolean holds() {
    return sized.requirement().slo().stream().allMatch(bound -> of(bound) <= bound.seconds());
  }
}
