package io.penstock.planner;

import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Engine;
import io.penstock.planner.capacity.Engine.Claim;
import io.penstock.planner.capacity.EngineParameters;
import io.penstock.planner.hardware.Gpu;
import io.penstock.planner.hardware.Link;
import io.penstock.planner.hardware.Peak;
import io.penstock.planner.model.ModelSpec;
import io.penstock.planner.model.ModelSpec.Attention;
import io.penstock.planner.model.ModelSpec.Experts;
import io.penstock.planner.model.ModelSpec.Parameters;
import io.penstock.planner.model.Precision;
import java.util.List;

/** Deployments that tests share, with round numbers where a figure is checked by hand. */
public final class Sample {
  public static final Engine ENGINE =
      new Engine(
          "vllm", EngineParameters.PRIOR, 256, 8192, new Claim(0.92, Claim.Of.TOTAL, 0.5), false);
  public static final Gpu A100 = gpu("a100", 80e9, 2e12, 300e12);
  public static final Gpu H100 = gpu("h100", 80e9, 3.35e12, 990e12);
  public static final Gpu T4 = gpu("t4", 16e9, 320e9, 65e12);

  public static final ModelSpec LLAMA_7B =
      dense("llama-2-7b", 32, 4096, 32, 32, 128, 32000, 6.738e9);
  public static final ModelSpec LLAMA_70B =
      dense("llama-2-70b", 80, 8192, 64, 8, 128, 32000, 68.977e9);
  public static final ModelSpec MIXTRAL =
      new ModelSpec(
          "mixtral",
          32,
          4096,
          32,
          8,
          128,
          32000,
          new Parameters(1.34e9, 45.1e9, 0.131e9, 0.131e9),
          new Experts(8, 2, 32),
          Attention.FULL,
          32768);
  public static final ModelSpec GPT_OSS_120B =
      new ModelSpec(
          "gpt-oss-120b",
          36,
          2880,
          64,
          8,
          64,
          201088,
          new Parameters(1e9, 114.6e9, 0.579e9, 0.579e9),
          new Experts(128, 4, 36),
          new Attention(128, 18, 0),
          131072);

  private Sample() {}

  public static Gpu gpu(String name, double memory, double bandwidth, double flops) {
    var peak = new Peak(flops, 2 * flops, 2 * flops, 0);
    return new Gpu(
        name, memory, bandwidth, peak, true, new Link(Link.Kind.NVLINK, 300e9), 2.0, 1.0);
  }

  public static ModelSpec dense(
      String name,
      int layers,
      int hidden,
      int heads,
      int kvHeads,
      int headDim,
      int vocabulary,
      double parameters) {
    double head = (double) vocabulary * hidden;
    return new ModelSpec(
        name,
        layers,
        hidden,
        heads,
        kvHeads,
        headDim,
        vocabulary,
        new Parameters(parameters - 2 * head, 0, head, head),
        Experts.NONE,
        Attention.FULL,
        4096);
  }

  public static Deployment of(ModelSpec model, Gpu gpu, int tensorParallel) {
    return new Deployment(model, gpu, tensorParallel, Precision.FP16, Precision.FP16, ENGINE);
  }

  /** Deployments unlike each other, on which a law must hold. */
  public static List<Deployment> variety() {
    return List.of(
        of(LLAMA_7B, A100, 1),
        of(LLAMA_70B, A100, 4),
        of(MIXTRAL, H100, 2),
        new Deployment(GPT_OSS_120B, H100, 2, Precision.MXFP4, Precision.BF16, ENGINE),
        new Deployment(LLAMA_70B, H100, 2, Precision.FP8, Precision.FP8, ENGINE),
        new Deployment(LLAMA_7B, T4, 1, Precision.INT4, Precision.FP16, ENGINE));
  }
}
