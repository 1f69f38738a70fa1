package io.penstock.planner.hardware;

/**
 * A server that is bought or rented whole.
 *
 * @param name the catalogue's name
 * @param gpu what is in it
 * @param gpus how many
 * @param marketedMemoryBytes as the seller counts it: all GPUs together, decimal gigabytes
 * @param usdPerHour for the whole server; 0 where no price is known
 * @param purchaseUsd to buy it; 0 where no price is known
 */
public record Node(
    String name,
    Gpu gpu,
    int gpus,
    double marketedMemoryBytes,
    double usdPerHour,
    double purchaseUsd) {
  public Node {
    if (gpus < 1 || !(marketedMemoryBytes > 0)) {
      throw new IllegalArgumentException(name + ": a node needs GPUs and memory");
    }
  }
}
