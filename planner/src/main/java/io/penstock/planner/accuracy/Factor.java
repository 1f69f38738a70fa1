package io.penstock.planner.accuracy;

import io.penstock.planner.hardware.Gpu;
import io.penstock.planner.hardware.Link;
import io.penstock.planner.model.Precision;

/**
 * What an engine's parameters on a GPU depend on. The logarithm of a parameter is the sum of an
 * effect of each, so that a pair that nobody measured gets what its engine does elsewhere and what
 * its GPU does with others; a GPU that nobody measured gets what its generation does.
 */
enum Factor {
  EVERYTHING(1.5),
  ENGINE(1.0),
  WIDTH(0.5),
  GENERATION(0.5),
  GENERATION_AND_WIDTH(0.5),
  GPU(0.5),
  ENGINE_AND_WIDTH(0.5),
  ENGINE_AND_GPU(0.5),
  ENGINE_WIDTH_AND_GPU(0.5),
  YEAR(0.7),
  VERSION(0.7),
  ALL_OF_THEM(0.7);

  private final double freedom;

  Factor(double freedom) {
    this.freedom = freedom;
  }

  /** How far its effects may part from none, where 1 is what is believed of an engine. */
  double freedom() {
    return freedom;
  }

  /** The name of its effect on {@code subject}; empty where the subject says nothing of it. */
  String of(Subject subject) {
    String engine = subject.engine();
    String width = width(subject.weights());
    String gpu = subject.gpu().name();
    return switch (this) {
      case EVERYTHING -> "everything";
      case ENGINE -> "engine " + engine;
      case WIDTH -> "width " + width;
      case GENERATION -> "generation " + generation(subject.gpu());
      case GENERATION_AND_WIDTH -> "generation " + generation(subject.gpu()) + "/" + width;
      case GPU -> "gpu " + gpu;
      case ENGINE_AND_WIDTH -> "engine " + engine + "/" + width;
      case ENGINE_AND_GPU -> "engine " + engine + "/" + gpu;
      case ENGINE_WIDTH_AND_GPU -> "engine " + engine + "/" + width + "/" + gpu;
      case YEAR -> "year " + engine + "/" + Releases.year(engine, subject.version());
      case VERSION -> of("version " + engine, subject);
      case ALL_OF_THEM -> of("version " + engine + "/" + width + "/" + gpu, subject);
    };
  }

  private static String of(String name, Subject subject) {
    return subject.version().isEmpty() ? "" : name + "/" + subject.version();
  }

  /** Cards that do arithmetic alike, by the operands that they take and how they are built in. */
  private static String generation(Gpu gpu) {
    var peak = gpu.peak();
    String operands =
        peak.fp4() > 0 ? "fp4" : peak.fp8() > 0 ? "fp8" : gpu.hasBf16() ? "bf16" : "fp16";
    return operands + (gpu.link().kind() == Link.Kind.NVLINK ? "-nvlink" : "-pcie");
  }

  /** Weights that run through the same kernels. */
  private static String width(Precision weights) {
    return switch (weights) {
      case FP32, FP16, BF16 -> "16bit";
      case FP8, INT8, Q8_0 -> "8bit";
      case INT4, FP4, MXFP4, Q4_K_M -> "4bit";
    };
  }

  /**
   * What parameters belong to.
   *
   * @param engine its name
   * @param weights that it reads
   * @param gpu on which
   * @param version of the engine; empty where it is not known
   */
  record Subject(String engine, Precision weights, Gpu gpu, String version) {}
}
