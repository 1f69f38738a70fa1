package io.penstock.planner.report;

import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.size.Bound;
import io.penstock.planner.size.Show;
import java.util.ArrayList;
import java.util.List;

/** What would change how many replicas a pool's busiest hour needs: traffic, lengths, promises. */
final class Changes {
  private static final double LONGER = 1.5;

  private final PoolFacts facts;
  private final Group group;
  private final ContinuousBatching replica;
  private final double usdPerHour;
  private final double busiest;
  private final double perSecond;

  /**
   * @param busiest requests a second
   * @param perSecond that one replica serves within the SLO
   */
  Changes(
      PoolFacts facts,
      Group group,
      ContinuousBatching replica,
      double usdPerHour,
      double busiest,
      double perSecond) {
    this.facts = facts;
    this.group = group;
    this.replica = replica;
    this.usdPerHour = usdPerHour;
    this.busiest = busiest;
    this.perSecond = perSecond;
  }

  List<Report.Change> all() {
    var changes = new ArrayList<Report.Change>();
    if (busiest > 0) {
      int now = needed(perSecond);
      more(changes, now);
      less(changes, now);
      changes.add(change("prompts half as long again", now, with(LONGER, 1, facts.slo())));
      changes.add(change("answers half as long again", now, with(1, LONGER, facts.slo())));
      if (!facts.slo().isEmpty()) {
        changes.add(change("half the time promised", now, with(1, 1, promised(0.5))));
        changes.add(change("twice the time promised", now, with(1, 1, promised(2))));
      }
    }
    return List.copyOf(changes);
  }

  /** The load from which on one more is needed. */
  private void more(List<Report.Change> changes, int now) {
    double most = (now - facts.spares()) * perSecond / (1 + facts.headroom());
    changes.add(
        new Report.Change(
            "traffic over " + Show.number(most / busiest) + " times today's", now + 1, monthly(1)));
  }

  /** The load up to which one is needed less. */
  private void less(List<Report.Change> changes, int now) {
    int left = now - 1 - facts.spares();
    if (left >= 1 && now > facts.min()) {
      double most = left * perSecond / (1 + facts.headroom());
      changes.add(
          new Report.Change(
              "traffic up to " + Show.number(most / busiest) + " times today's",
              now - 1,
              monthly(-1)));
    }
  }

  private Report.Change change(String when, int now, double otherPerSecond) {
    int then = needed(otherPerSecond);
    return new Report.Change(when, then, monthly(then - now));
  }

  private double monthly(int replicas) {
    return replicas * usdPerHour * PoolReview.HOURS_PER_MONTH;
  }

  private int needed(double each) {
    return PoolReview.needed(facts, busiest, each);
  }

  private double with(double prompts, double completions, List<Bound> slo) {
    Workload load = PoolReview.load(group, prompts, completions);
    return new PoolReview.Within(slo, replica, load).perSecond();
  }

  private List<Bound> promised(double times) {
    return facts.slo().stream()
        .map(bound -> new Bound(bound.metric(), bound.percentile(), times * bound.seconds()))
        .toList();
  }
}
