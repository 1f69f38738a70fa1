package io.penstock.planner.hardware;

/**
 * One GPU as its datasheet has it.
 *
 * @param name the catalogue's name
 * @param memoryBytes what the driver leaves to programs
 * @param bandwidthBytesPerSecond of its memory
 * @param peak FLOP/s by operand
 * @param hasBf16 whether its tensor cores take bf16 (and, in practice, packed 8- and 4-bit floats)
 * @param link to its siblings in the node
 * @param usdPerHour on demand; 0 where no price is known
 * @param spotUsdPerHour interruptible; 0 where no price is known
 */
public record Gpu(
    String name,
    double memoryBytes,
    double bandwidthBytesPerSecond,
    Peak peak,
    boolean hasBf16,
    Link link,
    double usdPerHour,
    double spotUsdPerHour) {
  public Gpu {
    if (!(memoryBytes > 0) || !(bandwidthBytesPerSecond > 0)) {
      throw new IllegalArgumentException(name + ": memory and bandwidth must be above 0");
    }
    if (!(usdPerHour >= 0) || !(spotUsdPerHour >= 0)) {
      throw new IllegalArgumentException(name + ": a price must be 0 or more");
    }
  }

  /** The same GPU at another price. */
  public Gpu at(double usdPerHour) {
    return new Gpu(
        name,
        memoryBytes,
        bandwidthBytesPerSecond,
        peak,
        hasBf16,
        link,
        usdPerHour,
        spotUsdPerHour);
  }
}
