package io.penstock.planner.accuracy;

import io.penstock.planner.capacity.EngineParameters;
import io.penstock.planner.hardware.Gpu;
import io.penstock.planner.model.Precision;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Engine parameters by how much is known: a path of engine, width of the weights, GPU and engine
 * version, where the longest path that was measured answers. So a GPU never seen gets what its
 * engine reaches in general, and a new version what the others reached on that GPU.
 *
 * @param byPath parameters by path, parts joined by a slash; the empty path is everything
 */
public record Fitted(Map<String, EngineParameters> byPath) {
  public Fitted {
    byPath = Collections.unmodifiableMap(new TreeMap<>(byPath));
  }

  /** Nothing measured: the prior everywhere. */
  public static final Fitted PRIOR = new Fitted(Map.of("", EngineParameters.PRIOR));

  /** The paths that apply, from the widest to the narrowest. */
  public static List<String> paths(String engine, Precision weights, Gpu gpu, String version) {
    String width = engine + "/" + width(weights);
    String onGpu = width + "/" + gpu.name();
    return version.isEmpty()
        ? List.of("", engine, width, onGpu)
        : List.of("", engine, width, onGpu, onGpu + "/" + version);
  }

  /** Weights that run through the same kernels. */
  private static String width(Precision weights) {
    return switch (weights) {
      case FP32, FP16, BF16 -> "16bit";
      case FP8, INT8, Q8_0 -> "8bit";
      case INT4, FP4, MXFP4, Q4_K_M -> "4bit";
    };
  }

  /** What the narrowest known path says. */
  public EngineParameters find(String engine, Precision weights, Gpu gpu, String version) {
    var best = byPath.getOrDefault("", EngineParameters.PRIOR);
    for (String path : paths(engine, weights, gpu, version)) {
      best = byPath.getOrDefault(path, best);
    }
    return best;
  }

  /** The same for a measurement's setup. */
  EngineParameters find(Measurement.Setup setup) {
    return find(setup.engine(), setup.weights(), setup.gpu(), setup.version());
  }
}
