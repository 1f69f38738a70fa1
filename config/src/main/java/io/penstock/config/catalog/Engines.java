package io.penstock.config.catalog;

import io.penstock.planner.accuracy.Fitted;
import io.penstock.planner.capacity.Engine;
import io.penstock.planner.capacity.EngineParameters;
import io.penstock.planner.hardware.Gpu;
import io.penstock.planner.model.Precision;
import java.util.Map;

/**
 * One engine as it starts by itself.
 *
 * @param general where nothing else is said
 * @param byGpu on GPUs on which it starts otherwise
 * @param own parameters that were written beside it, over any fit
 * @param ownByGpu those that were written for a GPU, over both
 * @param fittedAs the name under which a fit knows it
 */
record Engines(
    Engine general,
    Map<String, Engine> byGpu,
    Map<String, Double> own,
    Map<String, Map<String, Double>> ownByGpu,
    String fittedAs) {

  /** The engine on {@code gpu} as {@code fitted} knows it. */
  Engine on(Gpu gpu, Precision weights, Fitted fitted) {
    var started = byGpu.getOrDefault(gpu.name(), general);
    var found = fitted.find(fittedAs, weights, gpu, "");
    var here = ownByGpu.getOrDefault(gpu.name(), Map.of());
    return started.with(own.isEmpty() && here.isEmpty() ? found : over(over(found, own), here));
  }

  private static EngineParameters over(EngineParameters found, Map<String, Double> own) {
    double[] values = found.toArray();
    for (int i = 0; i < values.length; i++) {
      values[i] = own.getOrDefault(EngineParameters.name(i), values[i]);
    }
    return EngineParameters.of(values);
  }
}
