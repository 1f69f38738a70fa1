package io.penstock.gateway.whatif;

import io.penstock.config.Capacity;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.catalog.Catalog;
import io.penstock.planner.hardware.Gpu;
import io.penstock.planner.model.Precision;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What a question may choose from. */
final class Choices {
  private static final List<Precision> WEIGHTS =
      List.of(Precision.FP16, Precision.BF16, Precision.FP8, Precision.INT8, Precision.INT4);

  private Choices() {}

  static JsonObject of(PenstockConfig config) {
    var catalog = config.catalog();
    var pools = new JsonArray();
    config.pools().values().forEach(pool -> pools.add(pool(pool)));
    return new JsonObject()
        .put("gpus", gpus(catalog))
        .put("engines", new JsonArray(catalog.engineNames().stream().sorted().toList()))
        .put("gpus_per_replica", new JsonArray(List.of(1, 2, 4, 8)))
        .put("pools", pools);
  }

  /** Those with a price, the cheapest first: the others cannot be planned with. */
  private static JsonArray gpus(Catalog catalog) {
    var gpus = new JsonArray();
    catalog.gpus().names().stream()
        .filter(name -> catalog.nodes().find(name).isEmpty())
        .map(catalog.gpus()::find)
        .flatMap(Optional::stream)
        .filter(gpu -> gpu.usdPerHour() > 0)
        .sorted(Comparator.comparingDouble(Gpu::usdPerHour).thenComparing(Gpu::name))
        .forEach(gpu -> gpus.add(gpu(gpu)));
    return gpus;
  }

  private static JsonObject gpu(Gpu gpu) {
    return new JsonObject()
        .put("name", gpu.name())
        .put("memory_gb", Math.round(gpu.memoryBytes() / 1e9))
        .put("usd_per_hour", gpu.usdPerHour())
        .put(
            "precisions",
            new JsonArray(
                WEIGHTS.stream().filter(each -> each.runsOn(gpu)).map(Precision::label).toList()));
  }

  private static JsonObject pool(Pool pool) {
    var json =
        new JsonObject()
            .put("pool", pool.name())
            .put("model", pool.model())
            .put("ttft_ms", pool.slo().ttft().toNanos() / 1e6)
            .put("tpot_ms", pool.slo().tpot().toNanos() / 1e6);
    pool.capacity().ifPresent(capacity -> json.put("hardware", hardware(capacity)));
    return json;
  }

  private static JsonObject hardware(Capacity capacity) {
    return new JsonObject()
        .put("gpu", capacity.gpu())
        .put("gpus_per_replica", capacity.gpusPerReplica())
        .put("engine", capacity.engine())
        .put("weights", capacity.weights())
        .put("kv", capacity.kv())
        .put("usd_per_gpu_hour", capacity.usdPerGpuHour())
        .put("min", capacity.min())
        .put("max", capacity.max());
  }
}
