package io.penstock.planner.accuracy;

import io.penstock.planner.capacity.EngineParameters;
import java.util.List;

/**
 * The step that would bring all effects to the least cost if predictions were linear in them, by
 * conjugate gradients: the matrix is that of the cells, seen through the effects of each.
 */
final class NormalEquations {
  private static final int COUNT = EngineParameters.COUNT;
  private static final int ITERATIONS = 400;
  private static final double PRECISION = 1e-8;

  private final List<Cell> cells;
  private final double[] pulls;

  /**
   * @param cells what was measured
   * @param pulls how strongly each effect is held to nothing
   */
  NormalEquations(List<Cell> cells, double[] pulls) {
    this.cells = cells;
    this.pulls = pulls;
  }

  /** What the cells' residuals and {@code effects} cost. */
  double cost(double[] effects) {
    double cost = 0;
    for (var cell : cells) {
      cost += cell.cost();
    }
    for (int i = 0; i < effects.length; i++) {
      cost += effects[i] * effects[i] * pulls[i];
    }
    return cost;
  }

  /** The step from {@code effects}, shorter with more damping. */
  double[] solve(double[] effects, double damping) {
    int size = effects.length;
    double[] diagonal = pulls.clone();
    double[] left = new double[size];
    for (int i = 0; i < size; i++) {
      left[i] = -pulls[i] * effects[i];
    }
    for (var cell : cells) {
      for (int effect : cell.effects()) {
        for (int j = 0; j < COUNT; j++) {
          diagonal[effect * COUNT + j] += cell.curvature[j][j];
          left[effect * COUNT + j] -= cell.slope[j];
        }
      }
    }
    double[] change = new double[size];
    double[] direction = new double[size];
    double[] scaled = new double[size];
    double start = scale(left, diagonal, damping, scaled);
    double rest = start;
    System.arraycopy(scaled, 0, direction, 0, size);
    for (int i = 0; i < ITERATIONS && rest > PRECISION * start; i++) {
      double[] image = times(direction, diagonal, damping);
      double length = rest / dot(direction, image);
      for (int k = 0; k < size; k++) {
        change[k] += length * direction[k];
        left[k] -= length * image[k];
      }
      double before = rest;
      rest = scale(left, diagonal, damping, scaled);
      for (int k = 0; k < size; k++) {
        direction[k] = scaled[k] + rest / before * direction[k];
      }
    }
    return change;
  }

  private static double scale(double[] left, double[] diagonal, double damping, double[] scaled) {
    for (int k = 0; k < left.length; k++) {
      scaled[k] = left[k] / (diagonal[k] * (1 + damping));
    }
    return dot(left, scaled);
  }

  private double[] times(double[] direction, double[] diagonal, double damping) {
    double[] image = new double[direction.length];
    for (int k = 0; k < image.length; k++) {
      image[k] = (pulls[k] + damping * diagonal[k]) * direction[k];
    }
    for (var cell : cells) {
      double[] sum = sum(cell, direction);
      for (int j = 0; j < COUNT; j++) {
        double part = dot(cell.curvature[j], sum);
        for (int effect : cell.effects()) {
          image[effect * COUNT + j] += part;
        }
      }
    }
    return image;
  }

  private static double[] sum(Cell cell, double[] direction) {
    double[] sum = new double[COUNT];
    for (int effect : cell.effects()) {
      for (int j = 0; j < COUNT; j++) {
        sum[j] += direction[effect * COUNT + j];
      }
    }
    return sum;
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
