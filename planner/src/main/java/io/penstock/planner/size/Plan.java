package io.penstock.planner.size;

import java.util.List;
import java.util.Optional;

/**
 * How a pool is served, or that it cannot be as asked.
 *
 * @param requirement what was asked
 * @param met whether {@link #chosen} keeps all of it, the budget included
 * @param answer in one line
 * @param chosen the hardware that was asked for, or the cheapest where none was; the nearest to the
 *     SLO's spirit, sized without it, where no hardware that was asked for keeps it
 * @param withoutSlo whether {@link #chosen} was sized as if nothing were promised
 * @param refused what was asked for and cannot be
 * @param relax what would make a plan of it, a line each
 * @param alternatives what else was looked at and why it lost, the cheapest first
 * @param front those that nothing else beats in both cost and latency, the cheapest first
 * @param growth what more traffic changes
 * @param phases of a rollout
 */
public record Plan(
    Requirement requirement,
    boolean met,
    String answer,
    Optional<Sized> chosen,
    boolean withoutSlo,
    List<Outcome.Refused> refused,
    List<String> relax,
    List<Alternative> alternatives,
    List<Sized> front,
    List<Growth> growth,
    List<Phase> phases) {

  /**
   * Something else that was looked at.
   *
   * @param outcome what became of it
   * @param why it lost, in one line
   */
  public record Alternative(Outcome outcome, String why) {}

  /**
   * So many times the traffic.
   *
   * @param factor how many
   * @param same the chosen hardware
   * @param cheapest of all that was looked at
   */
  public record Growth(double factor, Sized same, Sized cheapest) {}

  /**
   * A step of a rollout.
   *
   * @param name of it
   * @param trafficShare of the whole
   * @param uncertainty what the model may be off by then
   * @param sized the replicas and their cost
   */
  public record Phase(String name, double trafficShare, double uncertainty, Sized sized) {}

  /** USD a month; infinite where nothing serves the pool. */
  public double usdPerMonth() {
    return chosen.map(sized -> sized.cost().usdPerMonth()).orElse(Double.POSITIVE_INFINITY);
  }
}
