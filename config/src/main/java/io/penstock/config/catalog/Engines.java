package io.penstock.config.catalog;

import io.penstock.planner.capacity.Engine;
import io.penstock.planner.capacity.EngineParameters;
import io.penstock.planner.hardware.Gpu;
import java.util.Map;

/**
 * One engine: how it is started, what it reaches in general, and what it reaches on GPUs it was
 * measured on.
 */
record Engines(Engine general, Map<String, EngineParameters> byGpu) {

  /** The engine on {@code gpu}. */
  Engine on(Gpu gpu) {
    var fitted = byGpu.get(gpu.name());
    return fitted == null ? general : general.with(fitted);
  }
}
