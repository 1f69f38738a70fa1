package io.penstock.planner.accuracy;

import io.penstock.planner.accuracy.Factor.Subject;
import io.penstock.planner.capacity.EngineParameters;
import io.penstock.planner.hardware.Gpu;
import io.penstock.planner.model.Precision;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Engine parameters as products: the prior times an effect of each {@link Factor} that was
 * measured. So a GPU never seen gets what its engine and its generation reach elsewhere, and a new
 * version what the others reach on that GPU.
 *
 * @param effects logarithms of what each multiplies the parameters by, in their order
 */
public record Fitted(Map<String, List<Double>> effects) {
  public Fitted {
    effects = Collections.unmodifiableMap(new TreeMap<>(effects));
  }

  /** Nothing measured: the prior everywhere. */
  public static final Fitted PRIOR = new Fitted(Map.of());

  /** The parameters of an engine on a GPU, whether anybody measured the two or not. */
  public EngineParameters find(String engine, Precision weights, Gpu gpu, String version) {
    var subject = new Subject(engine, weights, gpu, version);
    double[] sum = new double[EngineParameters.COUNT];
    for (var factor : Factor.values()) {
      var effect = effects.get(factor.of(subject));
      for (int i = 0; effect != null && i < sum.length; i++) {
        sum[i] += effect.get(i);
      }
    }
    return EngineParameters.PRIOR.scaled(sum);
  }
}
