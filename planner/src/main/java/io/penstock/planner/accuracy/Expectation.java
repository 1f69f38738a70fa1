package io.penstock.planner.accuracy;

import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Engine;
import io.penstock.planner.capacity.Lengths;
import io.penstock.planner.capacity.Memory;
import io.penstock.planner.capacity.MemoryBudget;
import io.penstock.planner.capacity.Prediction;
import io.penstock.planner.capacity.Workload;

/** What the model says that a benchmark would have measured. */
public final class Expectation {
  private static final double MILLI = 1000;

  private Expectation() {}

  /** The replica of {@code setup} under {@code engine}. */
  static Deployment deployment(Measurement.Setup setup, Engine engine) {
    var started = setup.stepTokens() > 0 ? engine.withStepTokens(setup.stepTokens()) : engine;
    return new Deployment(
        setup.model(), setup.gpu(), setup.tensorParallel(), setup.weights(), setup.kv(), started);
  }

  /** Whether the replica holds its model at all, by the model's own ledger. */
  public static boolean fits(Measurement measurement, Engine engine) {
    return Memory.of(deployment(measurement.setup(), engine)) instanceof MemoryBudget;
  }

  /** The share of a GPU's memory that the replica has for sequences. */
  public static double freeShare(Measurement.Setup setup, Engine engine) {
    return switch (Memory.of(deployment(setup, engine))) {
      case MemoryBudget budget -> budget.kvBytes() / budget.totalBytes();
      case Memory.DoesNotFit _ -> 0;
    };
  }

  /** The metric's value, in its unit. */
  public static double of(Measurement measurement, Engine engine) {
    var replica = ContinuousBatching.of(deployment(measurement.setup(), engine));
    var load = workload(measurement);
    return value(measurement, load, replica, prediction(measurement.load(), load, replica));
  }

  /** The requests of a benchmark. */
  static Workload workload(Measurement measurement) {
    double variation = measurement.variation();
    return new Workload(
        Lengths.logNormal(measurement.promptTokens(), variation),
        Lengths.logNormal(Math.max(1, measurement.completionTokens()), variation),
        0,
        1);
  }

  /** What requests see that come as {@code how} says. */
  static Prediction prediction(Load how, Workload load, ContinuousBatching replica) {
    return switch (how) {
      case Load.SingleStream _ -> replica.staticBatch(load, 1);
      case Load.StaticBatch(double n) -> replica.staticBatch(load, n);
      case Load.ClosedLoop(double n) -> replica.closedLoopWithoutSpare(load, n);
      case Load.Maximum _ -> replica.closedLoop(load, replica.maxSequences(load));
      case Load.Burst(double requests, double atOnce) -> replica.burst(load, requests, atOnce);
      case Load.OpenLoop(double rate, double requests) -> replica.run(load, rate, requests);
    };
  }

  /** What {@code measurement} is of all that was seen. */
  static double value(
      Measurement measurement, Workload load, ContinuousBatching replica, Prediction seen) {
    double in = measurement.promptTokens();
    double out = measurement.completionTokens();
    boolean single = measurement.load() instanceof Load.SingleStream;
    return switch (measurement.metric()) {
      case OUTPUT_TOK_S -> single ? 1 / seen.tpot().mean() : seen.requestsPerSecond() * out;
      case TOTAL_TOK_S -> seen.requestsPerSecond() * (in + out);
      case REQ_S -> seen.requestsPerSecond();
      case PREFILL_TOK_S -> in / replica.prefillSeconds(load, 1);
      case TTFT_MS -> seen.ttft().mean() * MILLI;
      case TTFT_MS_P50 -> seen.ttft().p50() * MILLI;
      case TTFT_MS_P95 -> seen.ttft().p95() * MILLI;
      case TTFT_MS_P99 -> seen.ttft().p99() * MILLI;
      case TPOT_MS -> seen.tpot().mean() * MILLI;
      case TPOT_MS_P50 -> medianGap(load, seen) * MILLI;
      case TPOT_MS_P95 -> seen.tpot().p95() * MILLI;
      case TPOT_MS_P99 -> seen.tpot().p99() * MILLI;
      case E2E_MS -> seen.total().mean() * MILLI;
      case E2E_MS_P50 -> seen.total().p50() * MILLI;
      case E2E_MS_P95 -> seen.total().p95() * MILLI;
      case E2E_MS_P99 -> seen.total().p99() * MILLI;
    };
  }

  /** The median over tokens: a step without a prompt, as long as most steps are. */
  private static double medianGap(Workload load, Prediction seen) {
    boolean mostlyDecodes = seen.decoding() - 1 < load.completion().mean() / 2;
    return mostlyDecodes ? seen.stepSeconds() : seen.tpot().p50();
  }
}
