package io.penstock.gateway.cli;

import io.penstock.config.Capacity;
import io.penstock.planner.autoscale.LoadAhead;
import io.penstock.planner.autoscale.Policy;
import io.penstock.planner.autoscale.Scaler;
import io.penstock.planner.autoscale.Situation;
import io.penstock.planner.autoscale.Stabiliser;
import io.penstock.planner.autoscale.Tail;
import io.penstock.planner.calibrate.Calibrated;
import io.penstock.planner.calibrate.Calibrated.Parameter;
import io.penstock.planner.calibrate.Calibration;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.simulate.Scaling;
import io.penstock.planner.size.Bound;
import java.util.List;

/**
 * The gateway's desired replicas, in a simulation: the same forecast, sizing and patience, on the
 * simulation's clock. The lengths of requests are those of the whole trace and the hardware is what
 * the catalogue says; the gateway has to learn both, and doubts what it has seen little of.
 */
final class GatewayScaling implements Scaling {
  private static final double NANOS = 1e9;
  private static final long LOOK_NANOS = 10_000_000_000L;

  /** Of the error that a calibration starts with, what many calls leave. */
  private static final double LEAST_DOUBT = 0.03;

  private final Deployment replica;
  private final Calibrated uncalibrated;
  private final Workload lengths;
  private final List<Bound> slo;
  private final Policy policy;
  private final Stabiliser stabiliser;
  private final LoadAhead load = new LoadAhead();
  private double calls;
  private long lookedNanos = -1;

  GatewayScaling(Deployment replica, Workload load, List<Bound> slo, Capacity capacity) {
    var scaling = capacity.scaling();
    this.replica = replica;
    this.uncalibrated = Calibration.of(replica).calibrated();
    this.lengths = load;
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
    var ahead = load.ahead(policy.startSeconds());
    var now =
        new Situation(
            replica, calibrated(), lengths, ahead, seen.inFlight(), Tail.AS_MODELLED, slo);
    var wanted = Scaler.want(now, policy);
    if (lookedNanos < 0) {
      int standing = Math.clamp(seen.up() + seen.starting(), policy.min(), policy.max());
      stabiliser.hold(nowSeconds, wanted.with(standing, "as it stood in the beginning"));
    }
    lookedNanos = seen.atNanos();
    return stabiliser.hold(nowSeconds, wanted).replicas();
  }

  private void count(Seen seen) {
    double passed = lookedNanos < 0 ? 0 : (seen.atNanos() - lookedNanos) / NANOS;
    double came = seen.callsPerSecond() * passed;
    calls += came;
    load.count(came, passed, seen.atNanos() / 1_000_000_000L, policy.startSeconds());
  }

  /** Each call leaves less doubt, down to what walks: as it was seen of live traffic. */
  private Calibrated calibrated() {
    var before = uncalibrated;
    double share = Math.max(LEAST_DOUBT, 1 / Math.sqrt(1 + calls));
    return new Calibrated(
        surer(before.decode(), share),
        surer(before.prefill(), share),
        before.requestSeconds(),
        Math.round(calls),
        before.noise(),
        0);
  }

  private static Parameter surer(Parameter before, double share) {
    return new Parameter(before.prior(), before.value(), before.error() * share);
  }
}
