package io.penstock.config;

/**
 * The hardware of one replica, in the catalogue's names.
 *
 * @param gpu the GPU's name
 * @param gpusPerReplica tensor parallelism
 * @param engine the serving engine
 * @param weights the weights' precision
 * @param kv the KV cache's precision
 * @param usdPerGpuHour 0: the catalogue's price
 * @param min replicas at least
 * @param max replicas at most
 * @param scaling how the desired replicas follow the load between them
 */
public record Capacity(
    String gpu,
    int gpusPerReplica,
    String engine,
    String weights,
    String kv,
    double usdPerGpuHour,
    int min,
    int max,
    Scaling scaling) {

  /** The most replicas of one pool that are not a slip of the keyboard. */
  static final int MOST = 10_000;

  public Capacity {
    new Check()
        .written("gpu", gpu)
        .within("gpus-per-replica", gpusPerReplica, 1, 64)
        .written("engine", engine)
        .written("weights", weights)
        .written("kv", kv)
        .amount("usd-per-gpu-hour", usdPerGpuHour)
        .within("min", min, 0, MOST)
        .within("max", max, 1, MOST)
        .that(min <= max, "max", max + " is below min, which is " + min)
        .orRefuse();
  }
}
