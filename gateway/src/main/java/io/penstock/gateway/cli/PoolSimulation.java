package io.penstock.gateway.cli;

import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.scenario.ConfigScenario;
import io.penstock.config.scenario.PoolWish;
import io.penstock.gateway.cli.TraceSharing.PoolRow;
import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Lengths;
import io.penstock.planner.capacity.Prediction;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.simulate.Calls;
import io.penstock.planner.simulate.Fleet;
import io.penstock.planner.simulate.ReplicaSpec;
import io.penstock.planner.simulate.Routing;
import io.penstock.planner.simulate.Scaling;
import io.penstock.planner.simulate.Simulated;
import io.penstock.planner.simulate.Simulation;
import io.penstock.planner.size.Availability;
import io.penstock.planner.size.Cost;
import io.penstock.planner.size.Demand;
import io.penstock.planner.size.Planning;
import io.penstock.planner.size.Sized;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/** One pool of a config under its part of a trace: what the plan promises, and what came. */
final class PoolSimulation {
  private static final int SLICES = 64;

  /** Tokens of a prompt's block in Mooncake's traces, the only ones that have them. */
  private static final int BLOCK_TOKENS = 512;

  private static final long WINDOW_NANOS = 60_000_000_000L;

  /**
   * A pool that was simulated.
   *
   * @param pool the config's
   * @param deployment one replica
   * @param replicas at the beginning
   * @param planned replicas that the plan has for this traffic; empty where none meets the SLO
   * @param meanPerSecond calls over the whole trace
   * @param peakPerSecond in the busiest minute
   * @param atMean what the closed form promises at the mean rate
   * @param atPeak what it promises in the busiest minute
   * @param seen what the simulation saw
   */
  record Ran(
      Pool pool,
      Deployment deployment,
      int replicas,
      Optional<Integer> planned,
      double meanPerSecond,
      double peakPerSecond,
      Prediction atMean,
      Prediction atPeak,
      Simulated seen) {

    double usd() {
      return deployment.usdPerHour() * seen.use().replicaSeconds() / 3600;
    }

    double usdPerMonth() {
      double seconds = Math.max(1e-9, seen.use().seconds());
      return usd() / seconds * Cost.SECONDS_PER_MONTH;
    }

    /** The share of calls that kept the promised times. */
    double attained() {
      return seen.within(pool.slo().ttft().toNanos() / 1e9, pool.slo().tpot().toNanos() / 1e9);
    }
  }

  private final PenstockConfig config;
  private final Pool pool;
  private final double speed;

  PoolSimulation(PenstockConfig config, Pool pool, double speed) {
    this.config = config;
    this.pool = pool;
    this.speed = speed;
  }

  /**
   * What is asked of a pool.
   *
   * @param replicas in the beginning; empty: as many as the plan has for this traffic
   * @param routing among them
   * @param autoscaled whether they follow the load as the gateway's desired replicas do
   * @param interruptionsPerHour of each replica
   */
  record Ask(
      Optional<Integer> replicas,
      Routing routing,
      boolean autoscaled,
      double interruptionsPerHour) {}

  /** Runs it. */
  Ran run(List<PoolRow> rows, Ask ask, long seed, IntConsumer progress) {
    var calls = calls(rows);
    var spec = spec(wish(Demand.rate(1, 1, Workload.of(1, 1))).asked().getFirst());
    int[] taken = taken(calls, spec);
    double mean = taken.length / Math.max(1, calls.spanSeconds());
    double peak = Math.max(mean, peak(calls, taken));
    var load = load(calls, taken, 0);
    var wish = wish(Demand.rate(peak, mean, load));
    var deployment = wish.asked().getFirst();
    var planned = planned(wish);
    int count = ask.replicas().or(() -> planned).orElse(pool.backends().size());
    var fleet = fleet(spec, count, ask, deployment, load);
    var seen = Simulation.run(fleet, calls, seed, progress);
    var known = load(calls, taken, seen.prefixHitRatio());
    var replica = ContinuousBatching.of(deployment);
    double up = ask.autoscaled() ? Math.max(1, seen.use().meanReplicas()) : count;
    return new Ran(
        pool,
        deployment,
        count,
        planned,
        mean,
        peak,
        replica.openLoop(known, mean / up),
        replica.openLoop(known, peak / up),
        seen);
  }

  private Fleet fleet(ReplicaSpec spec, int count, Ask ask, Deployment deployment, Workload load) {
    var fleet = Fleet.of(spec, count).with(ask.routing()).interrupted(ask.interruptionsPerHour());
    var capacity = pool.capacity().orElseThrow();
    long start = capacity.scaling().start().toNanos();
    return ask.autoscaled()
        ? fleet.with(
            new GatewayScaling(deployment, load, ConfigScenario.bounds(pool.slo()), capacity),
            start)
        : fleet.with(Scaling.fixed(), start);
  }

  private ReplicaSpec spec(Deployment deployment) {
    var spec = ReplicaSpec.of(deployment).withPrefixCache(BLOCK_TOKENS);
    return pool.contextTokens() > 0 ? spec.withContext(pool.contextTokens()) : spec;
  }

  private static Optional<Integer> planned(PoolWish wish) {
    var plan = Planning.plan(wish.requirement(), wish.asked(), List.of(), List.of());
    return plan.met() ? plan.chosen().map(Sized::replicas).map(r -> r.total()) : Optional.empty();
  }

  private PoolWish wish(Demand demand) {
    return ConfigScenario.of(
            pool.name(), config, demand, _ -> Availability.single(0, 0), Map.of(pool.name(), 1.0))
        .pools()
        .getFirst();
  }

  private Calls calls(List<PoolRow> rows) {
    var calls = new Calls.Builder();
    for (var each : rows) {
      var row = each.row();
      calls.add(
          Math.round(row.atNanos() / speed),
          row.promptTokens(),
          row.completionTokens(),
          each.priority(),
          row.blocks());
    }
    return calls.build();
  }

  /** The calls that a replica takes. */
  private static int[] taken(Calls calls, ReplicaSpec spec) {
    int[] taken =
        IntStream.range(0, calls.size())
            .filter(i -> spec.holds(calls.promptTokens(i), calls.completionTokens(i)))
            .toArray();
    if (taken.length == 0) {
      throw new IllegalArgumentException(
          "none of its " + calls.size() + " requests is short enough for it");
    }
    return taken;
  }

  private static double peak(Calls calls, int[] taken) {
    int most = 0;
    int first = 0;
    for (int last = 0; last < taken.length; last++) {
      while (calls.atNanos(taken[last]) - calls.atNanos(taken[first]) >= WINDOW_NANOS) {
        first++;
      }
      most = Math.max(most, last - first + 1);
    }
    double window = Math.min(WINDOW_NANOS / 1e9, Math.max(1, calls.spanSeconds()));
    return most / window;
  }

  private static Workload load(Calls calls, int[] taken, double prefixHitRatio) {
    return new Workload(
        lengths(IntStream.of(taken).mapToDouble(calls::promptTokens).toArray()),
        lengths(IntStream.of(taken).mapToDouble(calls::completionTokens).toArray()),
        Math.min(0.999, prefixHitRatio),
        1);
  }

  /** The means of so many equal slices, so that the whole mean stays. */
  private static Lengths lengths(double[] tokens) {
    Arrays.sort(tokens);
    int slices = Math.min(SLICES, tokens.length);
    double[] means = new double[slices];
    double[] weights = new double[slices];
    for (int i = 0; i < slices; i++) {
      int from = (int) ((long) i * tokens.length / slices);
      int to = (int) ((long) (i + 1) * tokens.length / slices);
      for (int each = from; each < to; each++) {
        means[i] += tokens[each] / (to - from);
      }
      weights[i] = to - from;
      means[i] = i == 0 ? means[i] : Math.max(means[i], means[i - 1]);
    }
    return Lengths.histogram(means, weights);
  }
}
