package io.penstock.planner.simulate;

import io.penstock.planner.Sample;
import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Lengths;
import io.penstock.planner.capacity.Prediction;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.simulate.Arrivals.Length;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * One replica under one kind of request, by the closed form and in the simulation. {@link #main}
 * prints the table in docs/simulation.md.
 */
record Agreement(Deployment deployment, double prompt, double completion, double variation) {
  private static final double[][] TOKENS = {{512, 128}, {2000, 200}, {128, 512}, {4000, 50}};
  private static final double[] SHARES = {0.05, 0.3, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95};
  private static final int FEW = 10_000;
  private static final int MANY = 60_000;

  /** Requests a second that are all there before the first is done. */
  private static final double FLOOD = 1e6;

  /** What was promised and what was seen. */
  record Both(Prediction promised, Simulated seen) {
    double ttft() {
      return promised.ttft().mean() / seen.ttft().mean();
    }

    double ttftP95() {
      return promised.ttft().p95() / seen.ttft().p95();
    }

    double tpot() {
      return promised.tpot().mean() / seen.tpot().mean();
    }

    double tpotP95() {
      return promised.tpot().p95() / seen.tpot().p95();
    }

    double total() {
      return promised.total().mean() / seen.total().mean();
    }

    double totalP95() {
      return promised.total().p95() / seen.total().p95();
    }
  }

  /** Deployments and lengths unlike each other, where each fits. */
  static List<Agreement> grid(double... variations) {
    var cases = new ArrayList<Agreement>();
    for (var deployment : Sample.variety()) {
      for (double[] tokens : TOKENS) {
        for (double variation : variations) {
          cases.add(new Agreement(deployment, tokens[0], tokens[1], variation));
        }
      }
    }
    return cases;
  }

  /** How many of its requests run at once at most. */
  double places() {
    return replica().maxSequences(load(calls(1, 1000)));
  }

  /** A Poisson stream at a share of what the closed form says the replica finishes at most. */
  Both open(double share, int count) {
    return at(share * replica().saturation(load(calls(1, count))), count);
  }

  /** What the simulated replica finishes at most: with all requests there, in a run's middle. */
  double most(int count) {
    var calls = calls(FLOOD, count);
    var seen = Simulation.run(Fleet.of(spec(), 1), calls, 1);
    double[] ends = new double[count];
    for (int call = 0; call < count; call++) {
      ends[call] = calls.atNanos[call] / ReplicaSpec.NANOS + seen.totalSeconds(call);
    }
    Arrays.sort(ends);
    return 0.6 * count / (ends[count * 4 / 5] - ends[count / 5]);
  }

  private Both at(double rate, int count) {
    var load = load(calls(1, count));
    var seen = Simulation.run(Fleet.of(spec(), 1), calls(rate, count), 1);
    return new Both(replica().openLoop(load, rate), seen.withoutFirst(count / 10));
  }

  /** So many clients that wait for their answers. */
  Both closed(int clients, int count) {
    var calls = calls(1, count);
    var seen = ClosedLoop.run(spec(), calls, clients);
    return new Both(replica().closedLoop(load(calls), clients), seen.withoutFirst(5 * clients));
  }

  private ContinuousBatching replica() {
    return ContinuousBatching.of(deployment);
  }

  private ReplicaSpec spec() {
    return ReplicaSpec.of(deployment).withContext(Integer.MAX_VALUE);
  }

  private Calls calls(double perSecond, int count) {
    return Arrivals.poisson(
        11, perSecond, count, length(prompt, variation), length(completion, variation));
  }

  private static Length length(double mean, double variation) {
    return variation == 0 ? Length.fixed(mean) : Length.logNormal(mean, variation);
  }

  private static Workload load(Calls calls) {
    return new Workload(lengths(calls.promptTokens), lengths(calls.completionTokens), 0, 1);
  }

  private static Lengths lengths(int[] tokens) {
    double[] sorted = Arrays.stream(tokens).asDoubleStream().sorted().toArray();
    double[] weights = new double[sorted.length];
    Arrays.fill(weights, 1);
    return Lengths.histogram(sorted, weights);
  }

  @Override
  public String toString() {
    return deployment.model().name()
        + " on "
        + deployment.tensorParallel()
        + " "
        + deployment.gpu().name()
        + ", "
        + (int) prompt
        + "/"
        + (int) completion
        + " tokens, variation "
        + variation;
  }

  /**
   * Prints how far the promises are off, over the whole grid, at each share of what the simulation
   * finishes at most.
   */
  public static void main(String[] arguments) {
    var grid = grid(0, 1);
    double[] most = grid.stream().mapToDouble(each -> each.most(FEW)).toArray();
    System.out.println("| load | TTFT | its p95 | TPOT | its p95 | end to end | its p95 |");
    System.out.println("| --- | --- | --- | --- | --- | --- | --- |");
    for (double share : SHARES) {
      int count = share > 0.6 ? MANY : FEW;
      var all = new ArrayList<Both>();
      for (int i = 0; i < grid.size(); i++) {
        all.add(grid.get(i).at(share * most[i], count));
      }
      System.out.printf(
          "| %.0f %% | %s | %s | %s | %s | %s | %s |%n",
          100 * share,
          errors(all, Both::ttft),
          errors(all, Both::ttftP95),
          errors(all, Both::tpot),
          errors(all, Both::tpotP95),
          errors(all, Both::total),
          errors(all, Both::totalP95));
    }
  }

  private static String errors(List<Both> all, ToDoubleFunction<Both> ratio) {
    double[] off =
        all.stream().mapToDouble(ratio).map(each -> Math.abs(each - 1)).sorted().toArray();
    return String.format(
        "%.0f / %.0f %%", 100 * off[off.length / 2], 100 * off[off.length * 9 / 10]);
  }
}
