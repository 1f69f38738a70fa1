package io.penstock.planner.hardware;

/**
 * What joins the GPUs of one replica.
 *
 * @param kind how it is built; a PCIe link shares the host's bridge and has no all-reduce of its
 *     own
 * @param bytesPerSecond in one direction, per GPU
 */
public record Link(Kind kind, double bytesPerSecond) {
  public Link {
    if (!(bytesPerSecond > 0)) {
      throw new IllegalArgumentException("a link needs a bandwidth above 0, not " + bytesPerSecond);
    }
  }

  /** How the link is built. */
  public enum Kind {
    NVLINK,
    PCIE
  }
}
