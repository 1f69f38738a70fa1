package io.penstock.planner.model;

/**
 * What a model keeps per sequence.
 *
 * <p>{@code 2 · kv_heads · head_dim · bytes} per token and layer, or the latent's elements; a layer
 * that slides keeps {@code min(context, window)} tokens. Heads are split over the GPUs of a replica
 * as long as there are heads to split; a latent is kept whole on each.
 */
public final class KvCache {
  private final double layerTokenBytes;
  private final int fullLayers;
  private final int slidingLayers;
  private final int window;
  private final int shards;

  /**
   * @param model whose cache it is
   * @param precision of an element
   * @param tensorParallel GPUs of a replica
   */
  public KvCache(ModelSpec model, Precision precision, int tensorParallel) {
    var attention = model.attention();
    boolean latent = attention.latentElements() > 0;
    int elements = latent ? attention.latentElements() : 2 * model.kvHeads() * model.headDim();
    this.layerTokenBytes = elements * precision.bytes();
    this.slidingLayers = attention.slidingLayers();
    this.fullLayers = model.layers() - slidingLayers;
    this.window = attention.slidingWindow();
    this.shards = latent ? 1 : Math.min(tensorParallel, model.kvHeads());
  }

  /** Bytes of one sequence of {@code contextTokens}, over the whole replica, kept once. */
  public double sequenceBytes(double contextTokens) {
    return layerTokenBytes
        * (fullLayers * contextTokens + slidingLayers * Math.min(contextTokens, window));
  }

  /** Bytes of one sequence on each GPU of the replica. */
  public double sequenceBytesPerGpu(double contextTokens) {
    return sequenceBytes(contextTokens) / shards;
  }

  /** Bytes that a token adds while nothing slides yet. */
  public double tokenBytes() {
    return layerTokenBytes * (fullLayers + slidingLayers);
  }

  /** Bytes on each GPU that a token adds while nothing slides yet. */
  public double tokenBytesPerGpu() {
    return tokenBytes() / shards;
  }
}
