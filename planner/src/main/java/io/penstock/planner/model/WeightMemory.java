package io.penstock.planner.model;

/**
 * What a model's weights weigh, and how much of them a step reads.
 *
 * <p>A step with {@code n} tokens reads everything dense, the head, and those experts that at least
 * one token visits: {@code dense·b + head·b_head + experts·b·(1 − (1 − k/E)^n)}.
 */
public final class WeightMemory {
  private final ModelSpec model;
  private final double alwaysReadBytes;
  private final double expertBytes;
  private final double embeddingBytes;

  /**
   * @param model whose weights they are
   * @param precision as they are stored
   */
  public WeightMemory(ModelSpec model, Precision precision) {
    var parameters = model.parameters();
    double unpacked = precision.unpackedBytes();
    double denseByte = precision.packsExpertsAlone() ? unpacked : precision.bytes();
    this.model = model;
    this.alwaysReadBytes = parameters.dense() * denseByte + parameters.head() * unpacked;
    this.expertBytes = parameters.expert() * precision.bytes();
    this.embeddingBytes = parameters.embedding() * unpacked;
  }

  /** All of them, over the whole replica. */
  public double bytes() {
    return alwaysReadBytes + expertBytes + embeddingBytes;
  }

  /** Read by every step, over the whole replica. */
  public double alwaysReadBytes() {
    return alwaysReadBytes;
  }

  /** All experts, over the whole replica. */
  public double expertBytes() {
    return expertBytes;
  }

  /** Read by a step of {@code tokens} tokens, over the whole replica. */
  public double readBytes(double tokens) {
    return alwaysReadBytes + expertBytes * model.experts().touchedShare(tokens);
  }
}
