package io.penstock.planner.size;

import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Prediction;
import io.penstock.planner.queueing.ErlangC;

/**
 * One way to serve a pool, worked out.
 *
 * @param deployment one replica
 * @param replica what it can do
 * @param demand the traffic it was sized for
 * @param sustainablePerSecond requests a second that one replica serves within the SLO
 * @param saturationPerSecond what it finishes at most
 * @param constraint what keeps it from more
 * @param peakPerSecond of the whole pool
 * @param averagePerSecond of the whole pool
 * @param uncertainty that the replicas allow for
 * @param replicas how many, by what for
 * @param atPeak one replica's share of the peak while all spares are lost
 * @param atAverage one replica's share of the average while none is
 * @param cost what it costs
 */
public record Sized(
    Deployment deployment,
    ContinuousBatching replica,
    Demand demand,
    double sustainablePerSecond,
    double saturationPerSecond,
    Constraint constraint,
    double peakPerSecond,
    double averagePerSecond,
    double uncertainty,
    Replicas replicas,
    Prediction atPeak,
    Prediction atAverage,
    Cost cost)
    implements Outcome {

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
    int places = (int) Math.max(1, replica.maxSequences(demand.load()));
    double inside = atPeak.requestsPerSecond() * residenceSeconds() * replicas.serving();
    return new ErlangC(places * replicas.serving(), inside).waitProbability();
  }

  private double residenceSeconds() {
    return atPeak.inFlight() / atPeak.requestsPerSecond();
  }
}
