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
 */
public record Capacity(
    String gpu,
    int gpusPerReplica,
    String engine,
    String weights,
    String kv,
    double usdPerGpuHour,
    int min,
    int max) {}
