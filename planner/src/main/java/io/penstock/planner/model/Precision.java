package io.penstock.planner.model;

import io.penstock.planner.hardware.Gpu;
import java.util.Locale;
import java.util.Optional;

/**
 * How a number is stored, scales included, and what the multiplication of such weights runs on.
 *
 * <p>Block formats carry their scales: NVFP4 one byte per 16, MXFP4 one byte per 32, AWQ and GPTQ
 * about 20 bits per 128, llama.cpp's K-quants a mean of 4.83 bits (Q4_K_M) and 8.5 bits (Q8_0).
 */
public enum Precision {
  FP32("fp32", 4),
  FP16("fp16", 2),
  BF16("bf16", 2),
  FP8("fp8", 1),
  INT8("int8", 1),
  INT4("int4", 0.53),
  FP4("fp4", 0.5625),
  MXFP4("mxfp4", 0.53125),
  Q8_0("q8_0", 1.0625),
  Q4_K_M("q4_k_m", 0.604);

  private final String label;
  private final double bytes;

  Precision(String label, double bytes) {
    this.label = label;
    this.bytes = bytes;
  }

  /** The word in configs and measurements. */
  public String label() {
    return label;
  }

  /** Bytes per element, scales included. */
  public double bytes() {
    return bytes;
  }

  /** Bytes per element of what stays unpacked beside these weights: embeddings, head, norms. */
  public double unpackedBytes() {
    return switch (this) {
      case FP32 -> 4;
      case Q8_0, Q4_K_M -> bytes;
      case FP16, BF16, FP8, INT8, INT4, FP4, MXFP4 -> 2;
    };
  }

  /** Whether only the experts are packed and everything else keeps 16 bits. */
  public boolean packsExpertsAlone() {
    return this == MXFP4;
  }

  /** Dense FLOP/s that {@code gpu} reaches at best when it multiplies by such weights. */
  public double peak(Gpu gpu) {
    double bits16 = gpu.peak().bits16();
    return switch (this) {
      case FP32 -> bits16 / 2;
      case FP16, BF16, INT4, Q8_0, Q4_K_M -> bits16;
      case FP8 -> Math.max(gpu.peak().fp8(), bits16);
      case INT8 -> Math.max(gpu.peak().int8(), bits16);
      case FP4 -> Math.max(gpu.peak().fp4(), bits16);
      case MXFP4 -> gpu.peak().fp4() > 0 ? Math.max(gpu.peak().fp8(), bits16) : bits16;
    };
  }

  /** Whether {@code gpu} multiplies such weights in their own format rather than unpacking them. */
  public boolean isNativeOn(Gpu gpu) {
    return peak(gpu) > gpu.peak().bits16();
  }

  /** Whether an engine has kernels for such weights on {@code gpu} at all. */
  public boolean runsOn(Gpu gpu) {
    return switch (this) {
      case BF16, FP8, FP4, MXFP4 -> gpu.hasBf16();
      case FP32, FP16, INT8, INT4, Q8_0, Q4_K_M -> true;
    };
  }

  /** The precision that {@code text} names, in any of the usual spellings. */
  public static Optional<Precision> named(String text) {
    String word = text.strip().toLowerCase(Locale.ROOT);
    return switch (word) {
      case "fp32", "float32", "tf32" -> Optional.of(FP32);
      case "fp16", "float16", "half", "f16" -> Optional.of(FP16);
      case "bf16", "bfloat16" -> Optional.of(BF16);
      case "fp8",
          "float8",
          "fp8_e4m3",
          "fp8_e5m2",
          "fp8_block",
          "fp8-dynamic",
          "w8a8-fp8",
          "mxfp8" ->
          Optional.of(FP8);
      case "int8", "w8a8", "smoothquant", "w8a16" -> Optional.of(INT8);
      case "int4",
          "awq",
          "gptq",
          "awq-int4",
          "gptq-int4",
          "int4-awq",
          "int4-gptq",
          "w4a16",
          "nf4" ->
          Optional.of(INT4);
      case "fp4", "nvfp4" -> Optional.of(FP4);
      case "mxfp4" -> Optional.of(MXFP4);
      case "q8_0" -> Optional.of(Q8_0);
      case "q4_k_m", "q4_k", "q4_0", "q4" -> Optional.of(Q4_K_M);
      default -> Optional.empty();
    };
  }
}
