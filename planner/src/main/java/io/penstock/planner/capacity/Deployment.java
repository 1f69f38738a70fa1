package io.penstock.planner.capacity;

import io.penstock.planner.hardware.Gpu;
import io.penstock.planner.model.ModelSpec;
import io.penstock.planner.model.Precision;

/**
 * One replica: a model on GPUs under an engine.
 *
 * @param model what is served
 * @param gpu on what
 * @param tensorParallel over how many of them it is split
 * @param weights the precision of the weights
 * @param kv the precision of the KV cache
 * @param engine by what
 */
public record Deployment(
    ModelSpec model, Gpu gpu, int tensorParallel, Precision weights, Precision kv, Engine engine) {
  public Deployment {
    if (tensorParallel < 1) {
      throw new IllegalArgumentException("a replica needs 1 GPU or more, not " + tensorParallel);
    }
    refuseUnlessRuns(weights, gpu);
    refuseUnlessRuns(kv, gpu);
  }

  private static void refuseUnlessRuns(Precision precision, Gpu gpu) {
    if (!precision.runsOn(gpu)) {
      throw new IllegalArgumentException(gpu.name() + " has no " + precision.label());
    }
  }

  /** The same replica under the same engine with other parameters. */
  public Deployment with(EngineParameters parameters) {
    return new Deployment(model, gpu, tensorParallel, weights, kv, engine.with(parameters));
  }

  /** GPUs that work on one layer at the same time. */
  int shards() {
    return engine.splitsLayers() ? 1 : tensorParallel;
  }

  /** What one hour of the replica costs on demand; 0 where no price is known. */
  public double usdPerHour() {
    return gpu.usdPerHour() * tensorParallel;
  }
}
