package io.penstock.planner.accuracy;

import io.penstock.planner.hardware.Gpu;
import io.penstock.planner.model.ModelSpec;
import io.penstock.planner.model.Precision;

/**
 * One published figure and how it came about.
 *
 * @param id the row's name
 * @param source who measured, in short
 * @param setup on what
 * @param promptTokens that came in, per request
 * @param completionTokens that went out, per request
 * @param variation of both lengths: standard deviation over mean
 * @param load how the server was driven
 * @param metric what was measured
 * @param value in the metric's unit
 */
public record Measurement(
    String id,
    String source,
    Setup setup,
    double promptTokens,
    double completionTokens,
    double variation,
    Load load,
    Metric metric,
    double value) {
  public Measurement {
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("a measured value must be above 0, not " + value);
    }
  }

  /** Whether another metric of the same run is the other. */
  boolean isOfTheRunOf(Measurement other) {
    return setup.equals(other.setup)
        && load.equals(other.load)
        && promptTokens == other.promptTokens
        && completionTokens == other.completionTokens
        && variation == other.variation;
  }

  /**
   * A served model.
   *
   * @param model what
   * @param gpu on what
   * @param tensorParallel on how many of them
   * @param weights the precision of its weights
   * @param kv the precision of its KV cache
   * @param engine the engine's name
   * @param version the engine's version; empty where it is not known
   * @param stepTokens the tokens of a step as the engine was told; 0 where it was not
   */
  public record Setup(
      ModelSpec model,
      Gpu gpu,
      int tensorParallel,
      Precision weights,
      Precision kv,
      String engine,
      String version,
      int stepTokens) {

    /** The same over another number of GPUs. */
    public Setup over(int gpus) {
      return new Setup(model, gpu, gpus, weights, kv, engine, version, stepTokens);
    }
  }
}
