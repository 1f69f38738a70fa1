package io.penstock.planner.size;

import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Prediction;
import io.penstock.planner.queueing.ErlangC;

/**
 * One way to serve a pool, worked out.
 *
 * @param requirement that it was sized for
 * @param deployment one replica
 * @param replica what it can do
 * @param sustainablePerSecond requests a second that one replica serves within the SLO
 * @param saturationPerSecond what it finishes at most
 * @param constraint what keeps it from more
 * @param peakPerSecond of the whole pool
 * @param averagePerSecond of the whole pool
 * @param replicas how many, by what for
 * @param atPeak one replica's share of the peak while all spares are lost
 * @param atAverage one replica's share of the average while none is
 * @param cost what it costs
 */
public record Sized(
    Requirement requirement,
    Deployment deployment,
    ContinuousBatching replica,
    double sustainablePerSecond,
    double saturationPerSecond,
    Constraint constraint,
    double peakPerSecond,
    double averagePerSecond,
    Replicas replicas,
    Prediction atPeak,
    Prediction atAverage,
    Cost cost)
    implements Outcome {

  /** As many replicas as the rates need where one serves so many a second. */
  static Sized of(
      Requirement requirement,
      Deployment deployment,
      ContinuousBatching replica,
      double sustainable,
      double saturation,
      Constraint constraint,
      double peak,
      double average) {
    var availability = requirement.availability();
    var replicas = Replicas.of(peak * requirement.uncertainty() / sustainable, availability);
    var demand = requirement.demand();
    return new Sized(
        requirement,
        deployment,
        replica,
        sustainable,
        saturation,
        counted(constraint, replicas, availability),
        peak,
        average,
        replicas,
        replica.openLoop(demand.load(), peak / replicas.serving()),
        replica.openLoop(demand.load(), average / replicas.total()),
        Cost.of(
            Cost.Price.of(deployment),
            replicas,
            availability.spot().share(),
            average,
            sustainable,
            demand,
            requirement.money().api()));
  }

  private static Constraint counted(
      Constraint constraint, Replicas replicas, Availability availability) {
    if (replicas.total() > availability.range().most()) {
      return Constraint.MOST_REPLICAS;
    }
    return replicas.minimum() > 0 ? Constraint.LEAST_REPLICAS : constraint;
  }

  /**
   * The same hardware for so many times the traffic. What one replica sustains does not change with
   * it, so nothing is searched for again.
   */
  Sized times(double factor) {
    return of(
        requirement.with(requirement.demand().times(factor)),
        deployment,
        replica,
        sustainablePerSecond,
        saturationPerSecond,
        constraint,
        peakPerSecond * factor,
        averagePerSecond * factor);
  }

  /** The same for a share of the traffic at another stage of calibration. */
  Sized part(double share, double uncertainty) {
    var off = requirement.with(uncertainty);
    return new Sized(
            off,
            deployment,
            replica,
            sustainablePerSecond,
            saturationPerSecond,
            constraint,
            peakPerSecond,
            averagePerSecond,
            replicas,
            atPeak,
            atAverage,
            cost)
        .times(share);
  }

  /** The traffic. */
  public Demand demand() {
    return requirement.demand();
  }

  /** By how much the model may be too optimistic. */
  public double uncertainty() {
    return requirement.uncertainty();
  }

  /** Whether no more replicas run than may. */
  public boolean withinRange() {
    return replicas.total() <= requirement.availability().range().most();
  }

  /** The month's cost at so many times the traffic, in {@code points} steps up to it. */
  public double[] usdPerMonthUpTo(double factor, int points) {
    double[] usd = new double[points];
    for (int i = 0; i < points; i++) {
      usd[i] = times(factor * (i + 1) / points).cost().usdPerMonth();
    }
    return usd;
  }

  @Override
  public String label() {
    return Sizer.label(deployment);
  }

  /** GPUs of all replicas. */
  public int gpus() {
    return replicas.total() * deployment.tensorParallel();
  }

  /** The average load over what all replicas serve within the SLO. */
  public double utilisation() {
    return averagePerSecond / (sustainablePerSecond * replicas.total());
  }

  /** The peak over what the replicas serve within the SLO while all spares are lost. */
  public double peakUtilisation() {
    return peakPerSecond / (sustainablePerSecond * replicas.serving());
  }

  /**
   * The chance to wait for a place at the peak, by Erlang's C over the places of all replicas that
   * serve.
   */
  public double waitProbability() {
    int places = (int) Math.max(1, replica.maxSequences(demand().load()));
    double inside = atPeak.requestsPerSecond() * residenceSeconds() * replicas.serving();
    return new ErlangC(places * replicas.serving(), inside).waitProbability();
  }

  private double residenceSeconds() {
    return atPeak.inFlight() / atPeak.requestsPerSecond();
  }
}
