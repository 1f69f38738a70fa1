package io.penstock.planner.size;

import io.penstock.planner.capacity.Workload;

/**
 * What a pool must do.
 *
 * @param load its requests
 * @param peakPerSecond requests a second that it must stand
 * @param averagePerSecond requests a second over a month, which pay for it
 * @param slo what it promises
 * @param headroom over the peak, as a share of it
 * @param spares replicas that may fail
 * @param uncertainty by which the model's own capacity is divided: 1.25 before it was calibrated
 */
public record Requirement(
    Workload load,
    double peakPerSecond,
    double averagePerSecond,
    Slo slo,
    double headroom,
    int spares,
    double uncertainty) {
  public Requirement {
    if (!(peakPerSecond > 0 && peakPerSecond < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("the peak must be above 0, not " + peakPerSecond);
    }
    if (!(averagePerSecond > 0 && averagePerSecond <= peakPerSecond)) {
      throw new IllegalArgumentException("the average must be above 0 and not over the peak");
    }
    if (!(headroom >= 0) || spares < 0 || !(uncertainty >= 1)) {
      throw new IllegalArgumentException(
          "headroom and spares must be 0 or more, the uncertainty 1 or more");
    }
  }
}
