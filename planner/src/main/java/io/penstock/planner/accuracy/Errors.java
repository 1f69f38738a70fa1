package io.penstock.planner.accuracy;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * How far predictions are off: quantiles of {@code |predicted/measured − 1|}.
 *
 * @param rows how many were predicted
 * @param median half are nearer
 * @param p75 three of four are nearer
 * @param p90 nine of ten are nearer
 */
public record Errors(int rows, double median, double p75, double p90) {

  /** The errors of {@code predicted} on {@code rows}; none has NaN for its quantiles. */
  public static Errors of(List<Predicted> rows) {
    double[] errors = sorted(rows, Predicted::error);
    return new Errors(
        errors.length, quantile(errors, 0.5), quantile(errors, 0.75), quantile(errors, 0.9));
  }

  /** Predicted over real capacity, where nine of ten rows promise less; NaN without such rows. */
  public static double optimism(List<Predicted> rows) {
    var capacities = rows.stream().filter(row -> row.measurement().metric().isRate()).toList();
    return quantile(sorted(capacities, Predicted::ratio), 0.9);
  }

  /** The same with latencies too, a shorter one being a promise of more. */
  public static double capacityOptimism(List<Predicted> rows) {
    return quantile(sorted(rows, Errors::promise), 0.9);
  }

  private static double promise(Predicted row) {
    return row.measurement().metric().isRate() ? row.ratio() : 1 / row.ratio();
  }

  private static double[] sorted(List<Predicted> rows, ToDoubleFunction<Predicted> of) {
    double[] values = rows.stream().mapToDouble(of).toArray();
    Arrays.sort(values);
    return values;
  }

  private static double quantile(double[] sorted, double share) {
    if (sorted.length == 0) {
      return Double.NaN;
    }
    double place = share * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }

  /**
   * A measurement and what the model says of it.
   *
   * @param measurement what was seen
   * @param value what was predicted, in the same unit
   */
  public record Predicted(Measurement measurement, double value) {

    /** Predicted over measured. */
    public double ratio() {
      return value / measurement.value();
    }

    /** How far off, relative to what was measured. */
    public double error() {
      return Math.abs(ratio() - 1);
    }
  }
}
