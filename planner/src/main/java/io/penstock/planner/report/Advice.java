package io.penstock.planner.report;

import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.size.Bound;
import io.penstock.planner.size.Show;
import java.util.List;
import java.util.Locale;

/** Where a pool has replicas too many or too few, by the hours of the day. */
final class Advice {
  private static final int HOURS = 24;

  private final PoolFacts facts;
  private final Deployment deployment;
  private final ContinuousBatching replica;
  private final Workload load;
  private final double[] busy;
  private final int[] needed;

  Advice(
      PoolFacts facts,
      Deployment deployment,
      ContinuousBatching replica,
      Workload load,
      double[] busy,
      int[] needed) {
    this.facts = facts;
    this.deployment = deployment;
    this.replica = replica;
    this.load = load;
    this.busy = busy;
    this.needed = needed;
  }

  /** One piece for each run of hours that need the same number. */
  void give(List<Report.Recommendation> advice) {
    int from = 0;
    while (from < HOURS) {
      int to = from + 1;
      while (to < HOURS && needed[to] == needed[from]) {
        to++;
      }
      if (needed[from] != facts.replicas()) {
        advice.add(piece(from, to));
      }
      from = to;
    }
  }

  private Report.Recommendation piece(int from, int to) {
    int change = needed[from] - facts.replicas();
    double rate = 0;
    for (int hour = from; hour < to; hour++) {
      rate = Math.max(rate, busy[hour]);
    }
    double hoursPerMonth = PoolReview.HOURS_PER_MONTH * (to - from) / HOURS;
    String when = to - from == HOURS ? "all day" : "at " + PoolReview.hours(from, to);
    String what =
        String.format(
            Locale.ROOT,
            change < 0
                ? "%s can lose %d of %d replicas %s"
                : "%s needs %d more than its %d replicas %s",
            facts.name(),
            Math.abs(change),
            facts.replicas(),
            when);
    String why =
        String.format(
            Locale.ROOT,
            "its busy minutes bring %s requests a second there; %d %s enough, %d of them spare",
            Show.number(rate),
            needed[from],
            needed[from] == 1 ? "replica is" : "replicas are",
            facts.spares());
    return new Report.Recommendation(
        facts.name(),
        what,
        why,
        effect(rate, needed[from]),
        change * deployment.usdPerHour() * hoursPerMonth);
  }

  private String effect(double rate, int replicas) {
    if (rate == 0) {
      return "nothing comes there";
    }
    String before = ttft(rate, facts.replicas());
    String after = ttft(rate, Math.max(1, replicas));
    String promise =
        facts.slo().stream()
            .filter(bound -> bound.metric() == Bound.Metric.TTFT)
            .findFirst()
            .map(bound -> ", promised " + Show.seconds(bound.seconds()))
            .orElse("");
    return "p95 TTFT " + before + " → " + after + promise;
  }

  private String ttft(double rate, int replicas) {
    return Show.seconds(replica.openLoop(load, rate / replicas).ttft().p95());
  }
}
