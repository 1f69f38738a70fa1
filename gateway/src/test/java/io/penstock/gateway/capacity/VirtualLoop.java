package io.penstock.gateway.capacity;

import io.penstock.config.ConfigFile;
import io.penstock.config.Loaded;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.scenario.ConfigScenario;
import io.penstock.gateway.cost.Replicas;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.EngineParameters;
import io.penstock.planner.capacity.Lengths;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.simulate.Calls;
import io.penstock.planner.simulate.ReplicaSpec;
import io.penstock.planner.simulate.Scaling;
import io.penstock.planner.simulate.Simulated;
import io.penstock.planner.simulate.Simulation;
import io.penstock.planner.size.Availability;
import io.penstock.planner.size.Demand;
import io.penstock.planner.size.Money;
import io.penstock.planner.size.Requirement;
import io.penstock.planner.size.Sized;
import io.penstock.planner.size.Sizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * {@code loadtest/bench/closed-loop.sh} on a virtual clock: servers of hidden slowness that take a
 * minute to start, before them a gateway that has to find it out.
 */
final class VirtualLoop {
  static final double TTFT_SECONDS = 3;
  static final double TPOT_SECONDS = 0.12;

  private static final long SECOND = 1_000_000_000L;
  private static final double FASTEST = 1.2;
  private static final double SLOWEST = 1.8;

  /** Seventy percent of the calls that one server of the mean slowness was measured to bear. */
  private static final double TARGET_IN_FLIGHT = 0.7 * 28;

  private static final String CONFIG =
      """
      tiers: {all: {route: {simple: main, medium: main, complex: main}}}
      keys: []
      pools:
        main:
          model: llama-3.1-8b
          context-length: 16384
          backends: [{id: a, url: "http://127.0.0.1:1"}]
          slo: {ttft: 3s, tpot: 120ms}
          capacity:
            gpu: l4
            weights: fp8
            max: 24
            scaling: {start: 60s, window: 2m, headroom: 10%}
      """;

  private final Pool pool;
  private final Deployment prior;
  private final Calls calls;
  private final double warmSeconds;
  private final double seconds;
  private final long seed;

  /**
   * @param calls those that warm it up, then those that count
   * @param warmSeconds for how long it warms up
   * @param seconds for how long it counts
   * @param seed of the servers' slowness
   */
  VirtualLoop(Calls calls, double warmSeconds, double seconds, long seed) {
    var loaded = ConfigFile.parse("test.yaml", CONFIG, Path.of("."), _ -> null);
    PenstockConfig config = ((Loaded.Ok) loaded).config();
    this.pool = config.pools().get("main");
    this.prior = new Replicas(config, config.catalog()).deployment(pool).orElseThrow();
    this.calls = calls;
    this.warmSeconds = warmSeconds;
    this.seconds = seconds;
    this.seed = seed;
  }

  /** That of the n-th server of every fleet of one seed, as {@code fleet.mjs} throws its dice. */
  private double slowness(int n) {
    int x = (int) (seed * 2_654_435_761L + n * 40_503L + 12_345);
    for (int i = 0; i < 4; i++) {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
    }
    return FASTEST + (SLOWEST - FASTEST) * Integer.toUnsignedLong(x) / 4_294_967_296.0;
  }

  /**
   * What came of it, in the time that counts.
   *
   * @param requests that came
   * @param late first tokens
   * @param slow others whose time per token was over its bound
   * @param replicaHours that were paid for
   */
  record Outcome(int requests, int late, int slow, double replicaHours) {
    int misses() {
      return late + slow;
    }

    double attained() {
      return 1 - (double) misses() / requests;
    }

    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%.2f %% of %d, misses %d (first token %d, per token %d), %.2f replica-hours",
          100 * attained(),
          requests,
          misses(),
          late,
          slow,
          replicaHours);
    }
  }

  Outcome gateway(int first) {
    return run(first, Optional.empty());
  }

  Outcome utilization(int first) {
    return run(first, Optional.of(new Autoscaler(TARGET_IN_FLIGHT, first)));
  }

  Outcome fixed(int replicas) {
    return run(replicas, Optional.of(Scaling.fixed()));
  }

  private Outcome run(int first, Optional<Scaling> instead) {
    var gateway = new VirtualGateway(pool, prior, calls, instead, Math.round(warmSeconds * SECOND));
    var spec = ReplicaSpec.of(prior).withContext(pool.contextTokens());
    var fleet =
        io.penstock.planner.simulate.Fleet.of(spec, first)
            .with(gateway, 60 * SECOND)
            .slowed(this::slowness)
            .behind(gateway);
    var seen = Simulation.run(fleet, calls, 1);
    return outcome(seen, gateway.replicaSeconds() / 3600);
  }

  private Outcome outcome(Simulated seen, double replicaHours) {
    int late = 0;
    int slow = 0;
    int from = firstCounted();
    for (int call = from; call < calls.size(); call++) {
      boolean isLate = seen.ttftSeconds(call) > TTFT_SECONDS;
      late += isLate ? 1 : 0;
      slow += !isLate && isSlow(seen, call) ? 1 : 0;
    }
    return new Outcome(calls.size() - from, late, slow, replicaHours);
  }

  private boolean isSlow(Simulated seen, int call) {
    return calls.completionTokens(call) > 1 && seen.tpotSeconds(call) > TPOT_SECONDS;
  }

  private int firstCounted() {
    int call = 0;
    while (call < calls.size() && calls.atNanos(call) < warmSeconds * SECOND) {
      call++;
    }
    return call;
  }

  /** What the plan has for the first minute on the hardware that is configured. */
  int plannedAtFirst() {
    int until = 0;
    while (until < calls.size() && calls.atNanos(until) < 60 * SECOND) {
      until++;
    }
    return planned(prior, 0, until);
  }

  /** What it has for the busiest minute that counts on hardware of the true mean slowness. */
  int plannedAtPeak() {
    return planned(slowed((FASTEST + SLOWEST) / 2), firstCounted(), calls.size());
  }

  private int planned(Deployment deployment, int from, int until) {
    int most = 0;
    int first = from;
    for (int last = from; last < until; last++) {
      while (calls.atNanos(last) - calls.atNanos(first) >= 60 * SECOND) {
        first++;
      }
      most = Math.max(most, last - first + 1);
    }
    var load =
        new Workload(
            lengths(calls::promptTokens, from, until),
            lengths(calls::completionTokens, from, until),
            0,
            1);
    var requirement =
        new Requirement(
            "main",
            Demand.rate(most / 60.0, most / 60.0, load),
            ConfigScenario.bounds(pool.slo()),
            Availability.single(0, 0),
            Money.UNBOUNDED,
            Requirement.UNCALIBRATED);
    return ((Sized) Sizer.size(requirement, deployment)).replicas().total();
  }

  private static Lengths lengths(IntUnaryOperator tokens, int from, int until) {
    double[] each = IntStream.range(from, until).map(tokens).asDoubleStream().sorted().toArray();
    double[] weights = new double[each.length];
    Arrays.fill(weights, 1);
    return Lengths.histogram(each, weights);
  }

  private Deployment slowed(double times) {
    double[] v = prior.engine().parameters().toArray();
    for (int i = 0; i < v.length; i++) {
      v[i] =
          switch (EngineParameters.name(i)) {
            case "compute", "weight-bandwidth", "kv-bandwidth", "decode-compute" -> v[i] / times;
            default -> v[i];
          };
    }
    return prior.with(EngineParameters.clamped(v));
  }
}
