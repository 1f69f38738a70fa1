package io.penstock.planner.capacity;

import io.penstock.planner.hardware.Link;
import io.penstock.planner.model.KvCache;
import io.penstock.planner.model.ModelSpec;
import io.penstock.planner.model.Precision;
import io.penstock.planner.model.WeightMemory;

/**
 * How long one engine step takes, as the sum of what it must do.
 *
 * <ul>
 *   <li>linear layers: {@code (memory³ + compute³)^(1/3)}, where memory is the weights that the
 *       step's tokens touch over the bandwidth, and compute is {@code 2·active·tokens} over the
 *       FLOP/s; the cube smooths the corner between the two, where real kernels lose 20 to 40 %;
 *   <li>attention of decodes: the KV cache read once, and multiplied by every query head; attention
 *       of prefills: {@code 4·layers·heads·head_dim} FLOP for each pair of a token and what it
 *       sees;
 *   <li>communication: two all-reduces a layer, each a latency that grows with the number of GPUs
 *       and {@code 2(TP−1)/TP} of the activations over the link;
 *   <li>overhead: per layer and per sequence;
 *   <li>the host, which launches each layer: it hides behind the GPU, or the GPU waits for it.
 * </ul>
 *
 * Each is monotone in every component of the batch, so the sum is. Immutable; a call allocates
 * nothing.
 */
public final class StepTime {
  /** Of the compute efficiency of matrix products, what fused attention gets. */
  private static final double ATTENTION_SHARE = 0.7;

  /**
   * An expert's product takes its tokens in tiles of 64 rows, the last of them half empty on
   * average.
   */
  private static final double PADDED_TOKENS = 32;

  /** The share of experts that a crowd of tokens leaves out. */
  private static final double UNTOUCHED = 0.1;

  private final ModelSpec.Experts experts;
  private final KvCache kv;
  private final double alwaysReadSeconds;
  private final double expertReadSeconds;
  private final double secondsPerToken;
  private final double paddingSeconds;
  private final double headSecondsPerSequence;
  private final double secondsPerKvByte;
  private final double secondsPerDecodePair;
  private final double fullSecondsPerPair;
  private final double slidingSecondsPerPair;
  private final int window;
  private final double collectiveSeconds;
  private final double collectiveSecondsPerToken;
  private final double layersSeconds;
  private final double hostSeconds;
  private final double sequenceSeconds;

  private StepTime(Deployment deployment) {
    var model = deployment.model();
    var gpu = deployment.gpu();
    var parameters = deployment.engine().parameters();
    int shards = deployment.shards();
    var precision = deployment.weights();
    this.experts = model.experts();
    this.kv = new KvCache(model, deployment.kv(), shards);
    double bandwidth = gpu.bandwidthBytesPerSecond();
    var weights = new WeightMemory(model, precision);
    double secondsPerWeightByte =
        1 / (bandwidth * parameters.weightBandwidth() * bandwidthMultiplier(precision) * shards);
    this.alwaysReadSeconds = weights.alwaysReadBytes() * secondsPerWeightByte;
    this.expertReadSeconds = weights.expertBytes() * secondsPerWeightByte;
    double compute = precision.peak(gpu) * parameters.compute() * computeMultiplier(deployment);
    double expert = model.parameters().expert() / parameters.expertCompute();
    double inner = model.parameters().dense() + expert * model.experts().activeShare();
    this.secondsPerToken = 2 * inner / (shards * compute);
    this.paddingSeconds = 2 * expert * PADDED_TOKENS / (shards * compute);
    double attentionCompute = gpu.peak().bits16() * parameters.compute() * shards;
    this.headSecondsPerSequence = 2 * model.parameters().head() / attentionCompute;
    this.secondsPerKvByte = 1 / (bandwidth * parameters.kvBandwidth());
    this.secondsPerDecodePair =
        4.0
            * model.heads()
            * model.headDim()
            * (model.layers() - model.attention().slidingLayers())
            / (gpu.peak().bits16() * parameters.decodeCompute() * shards);
    double pairSeconds =
        4.0 * model.heads() * model.headDim() / (ATTENTION_SHARE * attentionCompute);
    int sliding = model.attention().slidingLayers();
    this.fullSecondsPerPair = pairSeconds * (model.layers() - sliding);
    this.slidingSecondsPerPair = pairSeconds * sliding;
    this.window = model.attention().slidingWindow();
    double collectives = shards > 1 ? 2.0 * model.layers() : 0;
    double latency = shards / usual(gpu.link());
    this.collectiveSeconds = collectives * latency * parameters.collectiveSeconds();
    this.collectiveSecondsPerToken =
        collectives
            * crowding(gpu.link(), shards)
            * 2.0
            * (shards - 1)
            / shards
            * model.hidden()
            * 2
            / (parameters.linkBandwidth() * gpu.link().bytesPerSecond());
    this.layersSeconds = parameters.layerSeconds() * model.layers();
    this.hostSeconds = parameters.hostSeconds() * model.layers();
    this.sequenceSeconds = parameters.sequenceSeconds();
  }

  /** The step time of a replica. */
  public static StepTime of(Deployment deployment) {
    return new StepTime(deployment);
  }

  /** Seconds that one step takes; 0 for a step without work. */
  public double seconds(StepBatch batch) {
    return seconds(
        batch.decodeSequences(),
        (double) batch.decodeContextTokens(),
        batch.prefillTokens(),
        (double) batch.prefillContextTokens());
  }

  /** The same for a mean batch, whose counts need not be whole. */
  public double seconds(
      double decodeSequences,
      double decodeContextTokens,
      double prefillTokens,
      double prefillContextTokens) {
    if (!(decodeSequences + prefillTokens > 0)) {
      return 0;
    }
    double device =
        linearSeconds(decodeSequences, prefillTokens)
            + decodeAttentionSeconds(decodeSequences, decodeContextTokens)
            + prefillAttentionSeconds(prefillTokens, prefillContextTokens)
            + communicationSeconds(decodeSequences + prefillTokens)
            + layersSeconds;
    return longer(device, hostSeconds) + sequenceSeconds * decodeSequences;
  }

  /** The greater of two times that overlap, with the corner rounded: never less than either. */
  private static double longer(double a, double b) {
    double high = Math.max(a, b);
    double ratio = Math.min(a, b) / high;
    double fourth = ratio * ratio * ratio * ratio;
    return high * Math.sqrt(Math.sqrt(1 + fourth));
  }

  /** The part that multiplies by weights. */
  public double linearSeconds(double decodeSequences, double prefillTokens) {
    double tokens = decodeSequences + prefillTokens;
    double touched = experts.touchedShare(tokens);
    double memory = alwaysReadSeconds + touched * expertReadSeconds;
    double compute =
        tokens * secondsPerToken
            + touched * paddingSeconds
            + decodeSequences * headSecondsPerSequence;
    return Math.cbrt(memory * memory * memory + compute * compute * compute);
  }

  /** Tokens of a step that touch nearly all experts; 1 where there are none. */
  double crowd() {
    double left = 1 - experts.touchedShare(1);
    return left > 0 && left < 1 ? Math.max(1, Math.log(UNTOUCHED) / Math.log(left)) : 1;
  }

  /** The arithmetic alone of so many prompt tokens in the linear layers. */
  public double computeSeconds(double prefillTokens) {
    return prefillTokens * secondsPerToken;
  }

  /** The part that reads the KV cache and multiplies by it. */
  public double decodeAttentionSeconds(double decodeSequences, double decodeContextTokens) {
    if (!(decodeSequences > 0)) {
      return 0;
    }
    double mean = decodeContextTokens / decodeSequences;
    return decodeSequences * kv.sequenceBytesPerGpu(mean) * secondsPerKvByte
        + decodeContextTokens * secondsPerDecodePair;
  }

  /** The part in which prompt tokens attend to those before them. */
  public double prefillAttentionSeconds(double prefillTokens, double prefillContextTokens) {
    double slidingPairs = Math.min(prefillContextTokens, prefillTokens * window);
    return prefillContextTokens * fullSecondsPerPair + slidingPairs * slidingSecondsPerPair;
  }

  /** The part in which GPUs exchange activations. */
  public double communicationSeconds(double tokens) {
    return collectiveSeconds + tokens * collectiveSecondsPerToken;
  }

  /** The part that is neither arithmetic nor memory. */
  public double overheadSeconds(double decodeSequences) {
    return layersSeconds + sequenceSeconds * decodeSequences;
  }

  /**
   * GPUs that the latency of an all-reduce is given for. Each waits for all the others, so that it
   * grows with their number.
   */
  private static double usual(Link link) {
    return switch (link.kind()) {
      case PCIE -> 2;
      case NVLINK -> 4;
    };
  }

  /** GPUs on PCIe meet at the host's bridge, and share its bandwidth; a pair is the measure. */
  private static double crowding(Link link, int shards) {
    return link.kind() == Link.Kind.PCIE ? shards / usual(link) : 1;
  }

  private static double computeMultiplier(Deployment deployment) {
    if (!deployment.weights().isNativeOn(deployment.gpu())) {
      return 1;
    }
    return switch (deployment.weights()) {
      case FP8, INT8 -> 0.78;
      case FP4, MXFP4 -> 0.62;
      case FP32, FP16, BF16, INT4, Q8_0, Q4_K_M -> 1;
    };
  }

  private static double bandwidthMultiplier(Precision weights) {
    return switch (weights) {
      case FP32, FP16, BF16 -> 1;
      case FP8, INT8, Q8_0 -> 0.90;
      case INT4, FP4, MXFP4, Q4_K_M -> 0.85;
    };
  }
}
