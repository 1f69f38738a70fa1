package io.penstock.planner.accuracy;

import io.penstock.planner.hardware.Gpu;
import io.penstock.planner.hardware.Link;
import io.penstock.planner.model.Precision;

/**
 * What an engine's parameters on a GPU depend on. The logarithm of a parameter is the sum of an
 * effect of each, so that a pair that nobody measured gets what its engine does elsewhere and what
 * its GPU does with others; a GPU that nobody measured gets what its generation does.
 *
 * <p>How far the effects of each go, parameter by parameter, was taken from the measurements:
 * MacKay's evidence (Neural Computation 4, 1992), which divides the sum of the squares of effects
 * by how many of them the rows determine. What versions differ by is believed to go further than
 * that, since those that nobody measured are the newest.
 */
enum Factor {
  EVERYTHING(0.43, 0.47, 0.21, 0.46, 1.42, 2.32, 0.75, 0.63, 0.69, 0.84, 0.68, 0.56, 1.42),
  ENGINE(0.42, 0.38, 0.07, 0.12, 0.38, 0.50, 0.39, 0.36, 0.42, 0.50, 0.45, 0.69, 0.88),
  WIDTH(0.18, 0.11, 0.05, 0.11, 0.43, 0.14, 0.32, 0.23, 0.18, 0.29, 0.26, 0.18, 1.17),
  GENERATION(0.16, 0.14, 0.04, 0.12, 0.26, 0.29, 0.18, 0.43, 0.21, 0.37, 0.34, 0.23, 0.62),
  GENERATION_AND_WIDTH(
      0.15, 0.12, 0.04, 0.11, 0.26, 0.14, 0.18, 0.24, 0.20, 0.24, 0.29, 0.15, 0.80),
  GPU(0.18, 0.12, 0.04, 0.07, 0.28, 0.22, 0.17, 0.36, 0.17, 0.35, 0.28, 0.19, 0.72),
  ENGINE_AND_WIDTH(0.19, 0.16, 0.05, 0.09, 0.29, 0.20, 0.32, 0.20, 0.12, 0.23, 0.21, 0.18, 0.67),
  ENGINE_AND_GPU(0.19, 0.10, 0.06, 0.07, 0.24, 0.19, 0.12, 0.28, 0.18, 0.27, 0.30, 0.18, 0.89),
  ENGINE_WIDTH_AND_GPU(
      0.16, 0.14, 0.05, 0.07, 0.20, 0.15, 0.16, 0.21, 0.13, 0.20, 0.37, 0.14, 0.56),
  YEAR(0.20, 0.19, 0.06, 0.09, 0.62, 0.35, 0.23, 0.43, 0.21, 0.43, 1.18, 0.61, 0.70),
  VERSION(0.42, 0.28, 0.17, 0.24, 0.56, 0.49, 0.63, 0.63, 0.42, 0.84, 0.56, 0.56, 0.84),
  ALL_OF_THEM(0.42, 0.28, 0.17, 0.24, 0.56, 0.49, 0.63, 0.63, 0.42, 0.84, 0.56, 0.56, 0.84);

  @SuppressWarnings("ImmutableEnumChecker") // nobody has it but this class, which only reads it
  private final double[] beliefs;

  Factor(double... beliefs) {
    this.beliefs = beliefs;
  }

  /** How far, in logarithms, its effects on a parameter are believed to go. */
  double belief(int parameter) {
    return beliefs[parameter];
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
