package io.penstock.planner.accuracy;

import io.penstock.planner.capacity.Engine;
import io.penstock.planner.capacity.EngineParameters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Engine parameters from measurements: from the widest path of {@link Fitted} to the narrowest,
 * each fitted to its rows and held near its parent's, so that few rows move little.
 *
 * <p>One fit minimises {@code Σ w·ρ(log(predicted/measured)/σ) + Σ((log p − log p₀)/s)²} over the
 * logarithms of the parameters by Levenberg and Marquardt, where {@code ρ} is Cauchy's loss, since
 * some published rows are wrong, {@code s} is how far a parameter may part from its parent's, and
 * {@code w} gives a source's thousandth row less weight than its first.
 */
public final class Fit {
  /**
   * What counts as noise, from coarse, which finds far minima, to fine, which ignores wrong rows.
   */
  private static final double[] NOISES = {0.5, 0.15, 0.05};

  /** How fast a row loses weight as rows of its kind grow many. */
  private static final double CROWDING = 0.25;

  private static final int ITERATIONS = 25;
  private static final double STEP = 1e-4;

  /** How far, in logarithms, the first level may part from the prior, by parameter. */
  private static final double[] FIRST = {
    0.6, 0.4, 0.25, 0.35, 0.8, 0.7, 0.9, 0.9, 0.6, 1.2, 0.8, 0.8, 1.2
  };

  /** How much of that freedom each level has. */
  private static final double[] FREEDOM = {1.5, 2, 2, 1.5, 1};

  private final Function<Measurement.Setup, Engine> engines;

  /** Fits the parameters of engines that are started as {@code engines} says. */
  public Fit(Function<Measurement.Setup, Engine> engines) {
    this.engines = engines;
  }

  /** The parameters that explain {@code rows} best, from {@code prior}. */
  public Fitted of(List<Measurement> rows, Fitted prior) {
    Map<String, EngineParameters> found = new TreeMap<>();
    for (int level = 0; level < FREEDOM.length; level++) {
      for (var group : groups(rows, level).entrySet()) {
        var setup = group.getValue().getFirst().setup();
        var parent = parent(found, prior, setup, level);
        found.put(group.getKey(), fit(group.getValue(), parent, level));
      }
    }
    return new Fitted(found);
  }

  private static EngineParameters parent(
      Map<String, EngineParameters> found, Fitted prior, Measurement.Setup setup, int level) {
    var best = prior.byPath().getOrDefault("", EngineParameters.PRIOR);
    var paths = paths(setup);
    for (int above = 0; above < level; above++) {
      best = found.getOrDefault(paths.get(above), best);
    }
    return best;
  }

  private static List<String> paths(Measurement.Setup setup) {
    return Fitted.paths(setup.engine(), setup.weights(), setup.gpu(), setup.version());
  }

  private static Map<String, List<Measurement>> groups(List<Measurement> rows, int level) {
    Map<String, List<Measurement>> groups = new LinkedHashMap<>();
    for (var row : rows) {
      var paths = paths(row.setup());
      if (level < paths.size()) {
        groups.computeIfAbsent(paths.get(level), _ -> new ArrayList<>()).add(row);
      }
    }
    return groups;
  }

  private EngineParameters fit(List<Measurement> rows, EngineParameters parent, int level) {
    double[] freedom = FIRST.clone();
    for (int i = 0; i < freedom.length; i++) {
      freedom[i] *= FREEDOM[level];
    }
    double[] weights = weights(rows);
    double[] start = logarithms(parent.toArray());
    double[] best = start;
    for (double noise : NOISES) {
      best = descend(rows, weights, best, start, freedom, noise);
    }
    return EngineParameters.clamped(exponentials(best));
  }

  private double[] descend(
      List<Measurement> rows,
      double[] weights,
      double[] from,
      double[] start,
      double[] freedom,
      double noise) {
    double[] best = from;
    double[] residuals = residuals(rows, best);
    double cost = cost(residuals, weights, best, start, freedom, noise);
    double damping = 1e-2;
    for (int i = 0; i < ITERATIONS && damping < 1e6; i++) {
      double[] next = step(rows, weights, residuals, best, start, freedom, damping, noise);
      double[] nextResiduals = residuals(rows, next);
      double nextCost = cost(nextResiduals, weights, next, start, freedom, noise);
      if (nextCost < cost) {
        boolean settled = cost - nextCost < 1e-4 * cost;
        best = next;
        residuals = nextResiduals;
        cost = nextCost;
        damping /= 5;
        if (settled) {
          break;
        }
      } else {
        damping *= 8;
      }
    }
    return best;
  }

  /** The hundredth row of one kind of run says less than the first. */
  private static double[] weights(List<Measurement> rows) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    for (var row : rows) {
      counts.merge(kind(row), 1, Integer::sum);
    }
    return rows.stream()
        .mapToDouble(row -> Math.pow(counts.getOrDefault(kind(row), 1), -CROWDING))
        .toArray();
  }

  private static String kind(Measurement row) {
    var setup = row.setup();
    return String.join("/", paths(setup)) + setup.model().name() + row.metric();
  }

  private double[] residuals(List<Measurement> rows, double[] logarithms) {
    var parameters = EngineParameters.clamped(exponentials(logarithms));
    double[] residuals = new double[rows.size()];
    for (int i = 0; i < residuals.length; i++) {
      var row = rows.get(i);
      var engine = engines.apply(row.setup()).with(parameters);
      residuals[i] = Math.log(Expectation.of(row, engine) / row.value());
    }
    return residuals;
  }

  private static double cost(
      double[] residuals,
      double[] weights,
      double[] at,
      double[] start,
      double[] freedom,
      double noise) {
    double cost = 0;
    for (int i = 0; i < residuals.length; i++) {
      cost += weights[i] * Math.log1p(square(residuals[i] / noise));
    }
    for (int j = 0; j < at.length; j++) {
      cost += square((at[j] - start[j]) / freedom[j]);
    }
    return cost;
  }

  private double[] step(
      List<Measurement> rows,
      double[] weights,
      double[] residuals,
      double[] at,
      double[] start,
      double[] freedom,
      double damping,
      double noise) {
    int p = at.length;
    double[][] slopes = new double[p][];
    for (int j = 0; j < p; j++) {
      double[] moved = at.clone();
      moved[j] += STEP;
      slopes[j] = residuals(rows, moved);
      for (int i = 0; i < residuals.length; i++) {
        slopes[j][i] = (slopes[j][i] - residuals[i]) / STEP;
      }
    }
    double[][] matrix = new double[p][p + 1];
    for (int i = 0; i < residuals.length; i++) {
      double weight = weights[i] / (noise * noise + square(residuals[i]));
      for (int j = 0; j < p; j++) {
        double part = weight * slopes[j][i];
        for (int k = 0; k < p; k++) {
          matrix[j][k] += part * slopes[k][i];
        }
        matrix[j][p] -= part * residuals[i];
      }
    }
    for (int j = 0; j < p; j++) {
      double pull = 1 / square(freedom[j]);
      matrix[j][j] += pull;
      matrix[j][p] -= pull * (at[j] - start[j]);
      matrix[j][j] *= 1 + damping;
    }
    double[] change = solve(matrix);
    double[] next = at.clone();
    for (int j = 0; j < p; j++) {
      next[j] += Math.clamp(change[j], -1, 1);
    }
    return logarithms(EngineParameters.clamped(exponentials(next)).toArray());
  }

  /** Gauss's elimination with pivots; the last column is the right side. */
  private static double[] solve(double[][] m) {
    int p = m.length;
    for (int column = 0; column < p; column++) {
      int pivot = column;
      for (int row = column + 1; row < p; row++) {
        if (Math.abs(m[row][column]) > Math.abs(m[pivot][column])) {
          pivot = row;
        }
      }
      double[] swapped = m[column];
      m[column] = m[pivot];
      m[pivot] = swapped;
      for (int row = column + 1; row < p; row++) {
        double factor = m[row][column] / m[column][column];
        for (int k = column; k <= p; k++) {
          m[row][k] -= factor * m[column][k];
        }
      }
    }
    double[] x = new double[p];
    for (int row = p - 1; row >= 0; row--) {
      double sum = m[row][p];
      for (int k = row + 1; k < p; k++) {
        sum -= m[row][k] * x[k];
      }
      x[row] = sum / m[row][row];
    }
    return x;
  }

  private static double[] logarithms(double[] values) {
    double[] logs = new double[values.length];
    for (int i = 0; i < logs.length; i++) {
      logs[i] = Math.log(values[i]);
    }
    return logs;
  }

  private static double[] exponentials(double[] logs) {
    double[] values = new double[logs.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.exp(logs[i]);
    }
    return values;
  }

  private static double square(double x) {
    return x * x;
  }
}
