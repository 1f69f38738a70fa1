package io.penstock.gateway.cli;

import io.penstock.config.Capacity;
import io.penstock.planner.autoscale.Policy;
import io.penstock.planner.autoscale.Scaler;
import io.penstock.planner.autoscale.Situation;
import io.penstock.planner.autoscale.Stabiliser;
import io.penstock.planner.calibrate.Calibrated;
import io.penstock.planner.calibrate.Calibration;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.forecast.Forecast;
import io.penstock.planner.forecast.Forecast.Ahead;
import io.penstock.planner.simulate.Scaling;
import io.penstock.planner.size.Bound;
import java.util.List;

/**
 * The gateway's desired replicas, in a simulation: the same forecast, sizing and patience, on the
 * simulation's clock. The lengths of requests are those of the whole trace and the hardware is what
 * the catalogue says, which the gateway has to learn first.
 */
final class GatewayScaling implements Scaling {
  private static final double NANOS = 1e9;
  private static final long LOOK_NANOS = 10_000_000_000L;

  /** How fast the present rate follows what comes. */
  private static final double MOMENT_SECONDS = 15;

  /** Standard deviations up to which 95 of 100 moments stay. */
  private static final double P95 = 1.645;

  private final Deployment replica;
  private final Calibrated uncalibrated;
  private final Workload load;
  private final List<Bound> slo;
  private final Policy policy;
  private final Stabiliser stabiliser;
  private final Forecast forecast = new Forecast();
  private long minute;
  private double minuteCount;
  private double perSecond;
  private long lookedNanos = -1;

  GatewayScaling(Deployment replica, Workload load, List<Bound> slo, Capacity capacity) {
    var scaling = capacity.scaling();
    this.replica = replica;
    this.uncalibrated = Calibration.of(replica).calibrated();
    this.load = load;
    this.slo = slo;
    this.policy =
        new Policy(
            capacity.min(),
            capacity.max(),
            scaling.headroom(),
            scaling.spareReplicas(),
            scaling.start().toNanos() / NANOS,
            scaling.window().toNanos() / NANOS);
    this.stabiliser = new Stabiliser(policy.windowSeconds());
  }

  @Override
  public long everyNanos() {
    return LOOK_NANOS;
  }

  @Override
  public int desired(Seen seen) {
    double nowSeconds = seen.atNanos() / NANOS;
    count(seen);
    var wanted = Scaler.want(new Situation(replica, uncalibrated, load, ahead(), slo), policy);
    if (lookedNanos < 0) {
      int standing = Math.clamp(seen.up() + seen.starting(), policy.min(), policy.max());
      stabiliser.hold(nowSeconds, wanted.with(standing, "as it stood in the beginning"));
    }
    lookedNanos = seen.atNanos();
    return stabiliser.hold(nowSeconds, wanted).replicas();
  }

  private void count(Seen seen) {
    double passed = lookedNanos < 0 ? 0 : (seen.atNanos() - lookedNanos) / NANOS;
    double share = -Math.expm1(-passed / MOMENT_SECONDS);
    perSecond += share * (seen.callsPerSecond() - perSecond);
    long current = seen.atNanos() / 60_000_000_000L;
    if (current > minute) {
      forecast.observe(minute, minuteCount);
      minuteCount = 0;
      minute = current;
    }
    minuteCount += seen.callsPerSecond() * passed;
  }

  /** The forecast of whole minutes, or the load of the moment where that is more. */
  private Ahead ahead() {
    int minutes = (int) Math.ceil(policy.startSeconds() / 60);
    var minutely = forecast.highestWithin(Math.max(1, minutes));
    double high = perSecond + P95 * Math.sqrt(perSecond / MOMENT_SECONDS);
    return new Ahead(
        Math.max(minutely.mean() / 60, perSecond),
        Math.max(minutely.high() / 60, perSecond < 1e-3 ? 0 : high));
  }
}
