package io.penstock.loadtest.modelserver;

import io.penstock.config.catalog.Catalog;
import io.penstock.loadtest.modelserver.ModelServer.Hardware;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.MemoryBudget;
import io.penstock.planner.capacity.StepTime;
import io.penstock.planner.model.Precision;

/**
 * What the server pretends to run on, by the capacity model.
 *
 * @param clock how long its steps take
 * @param limits of its batch and memory
 * @param contextTokens prompt and completion together
 */
record Replica(StepClock clock, Engine.Limits limits, int contextTokens) {
  static final int BLOCK_TOKENS = 16;

  /** Throws with one line where the catalogue lacks a name or the model does not fit. */
  static Replica of(ModelServer.Options options) {
    var deployment = deployment(options.hardware());
    long kvTokens =
        options.batch().kvTokens() > 0
            ? options.batch().kvTokens()
            : MemoryBudget.of(deployment).kvTokens();
    int context =
        options.batch().modelTokens() > 0
            ? options.batch().modelTokens()
            : deployment.model().contextTokens();
    var engine = deployment.engine();
    var limits =
        new Engine.Limits(
            kvTokens,
            options.batch().sequences() > 0 ? options.batch().sequences() : engine.maxSequences(),
            options.batch().stepTokens() > 0 ? options.batch().stepTokens() : engine.stepTokens(),
            BLOCK_TOKENS);
    return new Replica(
        StepTime.of(deployment)::seconds,
        limits,
        (int) Math.min(context, kvTokens / BLOCK_TOKENS * BLOCK_TOKENS));
  }

  private static Deployment deployment(Hardware hardware) {
    var catalog = Catalog.shipped();
    var gpu = catalog.gpus().get(hardware.gpu());
    var weights = precision(hardware.weights());
    return new Deployment(
        catalog.models().get(hardware.model()),
        gpu,
        hardware.gpus(),
        weights,
        precision(hardware.kv()),
        catalog.engine(hardware.engine(), gpu, weights));
  }

  private static Precision precision(String word) {
    return Precision.named(word)
        .orElseThrow(() -> new IllegalArgumentException("no precision is called " + word));
  }
}
