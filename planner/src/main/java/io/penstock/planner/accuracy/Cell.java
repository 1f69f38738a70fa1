package io.penstock.planner.accuracy;

import io.penstock.planner.accuracy.Measurement.Setup;
import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Engine;
import io.penstock.planner.capacity.EngineParameters;
import io.penstock.planner.capacity.Workload;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Measurements that share all their factors, and so their parameters. */
final class Cell {
  private static final int COUNT = EngineParameters.COUNT;
  private static final double STEP = 1e-4;

  /** How fast a row loses weight as rows of its kind grow many. */
  private static final double CROWDING = 0.25;

  /**
   * Too high a rate, by which capacity is bought, is graver than too low a one where rows
   * contradict each other: as many times as they are noisier than others, and no more than this.
   */
  private static final double GRAVEST = 5;

  /** A first token waits for much that rows do not name: arrivals, tokenising, where it is seen. */
  private static final double TRUST_IN_TTFT = 0.4;

  /** So many rows tell their noise. */
  private static final double ENOUGH = 6;

  /** Rows of one run are predicted once. */
  private static final Comparator<Measurement> RUNS_TOGETHER =
      Comparator.comparing((Measurement row) -> row.setup().toString())
          .thenComparing(row -> row.load().toString())
          .thenComparingDouble(Measurement::promptTokens)
          .thenComparingDouble(Measurement::completionTokens)
          .thenComparingDouble(Measurement::variation);

  private final int[] effects;
  private final List<Measurement> rows;
  private final List<Workload> loads;
  private final double[] weights;
  private final Function<Setup, Engine> engines;
  private double noise;
  private double optimism;
  private double[] residuals = {};
  private double[] tried = {};

  /** The second derivatives of the cost by the logarithms of the parameters, about. */
  final double[][] curvature = new double[COUNT][COUNT];

  /** The first. */
  final double[] slope = new double[COUNT];

  Cell(int[] effects, List<Measurement> rows, Function<Setup, Engine> engines) {
    this.effects = effects;
    this.rows = rows.stream().sorted(RUNS_TOGETHER).toList();
    this.engines = engines;
    this.loads = this.rows.stream().map(Expectation::workload).toList();
    this.weights = weights(this.rows);
  }

  /** Which effects make up its parameters. */
  int[] effects() {
    return effects;
  }

  /** Looks at the residuals of {@code effects}; rows that contradict each other are noise. */
  void start(double[] effects, double leastNoise) {
    residuals = residuals(sum(effects));
    tried = residuals;
    double[] sizes = Arrays.stream(residuals).map(Math::abs).sorted().toArray();
    double median = Math.min(1, sizes[sizes.length / 2]);
    noise = Math.max(leastNoise, median * Math.min(1, sizes.length / ENOUGH));
    optimism = Math.min(GRAVEST, noise / leastNoise);
  }

  /** The residuals of {@code effects}, to be kept where they are better. */
  void tryOut(double[] effects) {
    tried = residuals(sum(effects));
  }

  /** What the residuals that were tried last cost. */
  double cost() {
    double cost = 0;
    for (int i = 0; i < tried.length; i++) {
      double distance = tried[i] * gravity(rows.get(i), tried[i]) / noise;
      cost += weights[i] * Math.log1p(distance * distance);
    }
    return cost;
  }

  /** Takes the derivatives at {@code effects}. */
  void linearise(double[] effects) {
    double[] at = sum(effects);
    residuals = residuals(at);
    double[][] slopes = new double[COUNT][];
    for (int j = 0; j < COUNT; j++) {
      double[] moved = at.clone();
      moved[j] += STEP;
      slopes[j] = residuals(moved);
    }
    for (double[] line : curvature) {
      Arrays.fill(line, 0);
    }
    Arrays.fill(slope, 0);
    double[] row = new double[COUNT];
    for (int i = 0; i < residuals.length; i++) {
      double residual = residuals[i];
      for (int j = 0; j < COUNT; j++) {
        row[j] = (slopes[j][i] - residual) / STEP;
      }
      double scale = noise / gravity(rows.get(i), residual);
      add(row, residual, weights[i] / (scale * scale + residual * residual));
    }
  }

  private void add(double[] row, double residual, double weight) {
    for (int j = 0; j < COUNT; j++) {
      slope[j] += weight * row[j] * residual;
      for (int k = 0; k < COUNT; k++) {
        curvature[j][k] += weight * row[j] * row[k];
      }
    }
  }

  private double[] sum(double[] all) {
    double[] sum = new double[COUNT];
    for (int effect : effects) {
      for (int j = 0; j < COUNT; j++) {
        sum[j] += all[effect * COUNT + j];
      }
    }
    return sum;
  }

  private double[] residuals(double[] sum) {
    var parameters = EngineParameters.PRIOR.scaled(sum);
    double[] residuals = new double[rows.size()];
    var before = rows.getFirst();
    var replica = replica(before.setup(), parameters);
    var seen = Expectation.prediction(before.load(), loads.getFirst(), replica);
    for (int i = 0; i < residuals.length; i++) {
      var row = rows.get(i);
      var load = loads.get(i);
      if (!row.setup().equals(before.setup())) {
        replica = replica(row.setup(), parameters);
      }
      if (!row.isOfTheRunOf(before)) {
        seen = Expectation.prediction(row.load(), load, replica);
      }
      residuals[i] = Math.log(Expectation.value(row, load, replica, seen) / row.value());
      before = row;
    }
    return residuals;
  }

  private ContinuousBatching replica(Setup setup, EngineParameters parameters) {
    var engine = engines.apply(setup).with(parameters);
    return ContinuousBatching.of(Expectation.deployment(setup, engine));
  }

  /** How much graver a residual is for its sign. */
  private double gravity(Measurement row, double residual) {
    return row.metric().isRate() && residual > 0 ? optimism : 1;
  }

  /** The hundredth row of one kind says less than the first. */
  private static double[] weights(List<Measurement> rows) {
    Map<String, Integer> counts = new HashMap<>();
    rows.forEach(row -> counts.merge(kind(row), 1, Integer::sum));
    return rows.stream()
        .mapToDouble(row ->
            (row.metric().isTtft() ? TRUST_IN_TTFT : 1)
                * Math.pow(counts.getOrDefault(kind(row), 1), -CROWDING))
        .toArray();
  }

  private static String kind(Measurement row) {
    return row.setup().model().name() + row.metric();
  }
}
