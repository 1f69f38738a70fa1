package io.penstock.planner.autoscale;

import io.penstock.planner.calibrate.Calibrated;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.forecast.Forecast.Ahead;
import io.penstock.planner.size.Bound;
import java.util.List;

/**
 * A pool as it stands.
 *
 * @param prior one replica as the config has it
 * @param seen what traffic made of that
 * @param load what requests look like
 * @param ahead requests a second that will come while a new replica starts, at the highest
 * @param inFlight calls at its servers
 * @param tail what the slowest calls take beside the model
 * @param slo what is promised; empty promises nothing
 */
public record Situation(
    Deployment prior,
    Calibrated seen,
    Workload load,
    Ahead ahead,
    double inFlight,
    Tail tail,
    List<Bound> slo) {
  public Situation {
    slo = List.copyOf(slo);
  }
}
