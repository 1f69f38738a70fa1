package io.penstock.config.catalog;

import io.penstock.planner.accuracy.Fitted;
import io.penstock.planner.capacity.Engine;
import io.penstock.planner.hardware.Gpu;
import io.penstock.planner.model.Precision;
import java.util.Map;

/**
 * One engine as it starts by itself.
 *
 * @param general where nothing else is said
 * @param byGpu on GPUs on which it starts otherwise
 * @param ownParameters whether its parameters were written beside it, over any fit
 */
record Engines(Engine general, Map<String, Engine> byGpu, boolean ownParameters) {

  /** The engine on {@code gpu} as {@code fitted} knows it. */
  Engine on(Gpu gpu, Precision weights, Fitted fitted) {
    var started = byGpu.getOrDefault(gpu.name(), general);
    return ownParameters ? started : started.with(fitted.find(general.name(), weights, gpu, ""));
  }
}
