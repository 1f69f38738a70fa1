package io.penstock.planner.report;

import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Prediction;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.size.Bound;
import io.penstock.planner.size.Show;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One pool's part of a report. */
final class PoolReview {
  static final double HOURS_PER_MONTH = 730;
  private static final int HOURS = 24;
  private static final double USUAL_PROMPT = 500;
  private static final double USUAL_COMPLETION = 200;

  private final PoolFacts facts;
  private final Group group;
  private final double seconds;

  PoolReview(PoolFacts facts, Group group, double seconds) {
    this.facts = facts;
    this.group = group;
    this.seconds = seconds;
  }

  Report.Pool pool(List<Report.Recommendation> advice) {
    return new Report.Pool(
        group.traffic(facts.name()), group.minutes().byHour(), promises(), hardware(advice));
  }

  private List<Report.Promise> promises() {
    var kept = new ArrayList<Report.Promise>();
    for (var bound : facts.slo()) {
      var times =
          switch (bound.metric()) {
            case TTFT -> group.ttft();
            case TPOT -> group.tpot();
            case TOTAL -> null;
          };
      if (times != null && times.count() > 0) {
        double share = times.shareWithin(bound.seconds());
        kept.add(new Report.Promise(bound.name(), bound.seconds(), share, share >= 0.95));
      }
    }
    return kept;
  }

  private Report.@Nullable Hardware hardware(List<Report.Recommendation> advice) {
    var known = facts.replica();
    if (known.isEmpty() || facts.replicas() == 0) {
      return null;
    }
    Deployment deployment = known.get();
    var replica = ContinuousBatching.of(deployment);
    var load = load(group, 1, 1);
    var within = new Within(facts.slo(), replica, load);
    double[] busy = group.minutes().busyByHour();
    int[] needed = new int[HOURS];
    double each = within.perSecond();
    for (int hour = 0; hour < HOURS; hour++) {
      needed[hour] = needed(facts, busy[hour], each);
    }
    new Advice(facts, deployment, replica, load, busy, needed).give(advice);
    return hardware(deployment, replica, load, each, busy, needed);
  }

  /** Its requests as they were, but for how long prompts and answers are. */
  static Workload load(Group group, double prompts, double completions) {
    return new Workload(
        group.prompt().lengths(USUAL_PROMPT, prompts),
        group.completion().lengths(USUAL_COMPLETION, completions),
        group.cachedShare(),
        1);
  }

  /** Replicas for a load, where one serves {@code each}. */
  static int needed(PoolFacts facts, double perSecond, double each) {
    double replicas = perSecond * (1 + facts.headroom()) / each;
    return Math.max(facts.min(), (int) Math.ceil(replicas - 1e-9) + facts.spares());
  }

  private Report.Hardware hardware(
      Deployment deployment,
      ContinuousBatching replica,
      Workload load,
      double each,
      double[] busy,
      int[] needed) {
    int replicas = facts.replicas();
    double mean = seconds > 0 ? group.requests() / seconds : group.minutes().peak();
    double saturation = replica.saturation(load);
    Prediction usual = replica.openLoop(load, Math.min(mean / replicas, 0.98 * saturation));
    double slo = each * replicas;
    double busiest = Arrays.stream(busy).max().orElse(0);
    var changes = new Changes(facts, group, replica, deployment.usdPerHour(), busiest, each).all();
    double peak = group.minutes().peak();
    double growth = group.minutes().growthPerDay();
    return new Report.Hardware(
        label(deployment),
        facts.samples(),
        replicas,
        saturation * replicas,
        slo,
        slo - peak,
        mean / slo,
        growth,
        daysLeft(slo, peak, growth),
        deployment.usdPerHour() * replicas * HOURS_PER_MONTH,
        boxed(busy),
        Arrays.stream(needed).boxed().toList(),
        usual.ttft().mean(),
        group.ttft().mean(),
        usual.tpot().mean(),
        group.tpot().mean(),
        changes);
  }

  /** At a constant number of requests more each day. */
  private static double daysLeft(double most, double peak, double growthPerDay) {
    if (Double.isNaN(growthPerDay)) {
      return Double.NaN;
    }
    if (peak >= most) {
      return 0;
    }
    return growthPerDay > 0 ? (most / peak - 1) / growthPerDay : Double.POSITIVE_INFINITY;
  }

  private static String label(Deployment deployment) {
    return String.format(
        Locale.ROOT,
        "%s %s on %d %s, %s",
        deployment.model().name(),
        deployment.weights().label(),
        deployment.tensorParallel(),
        deployment.gpu().name(),
        deployment.engine().name());
  }

  private static List<Double> boxed(double[] values) {
    return Arrays.stream(values).boxed().toList();
  }

  /**
   * The rate at which one replica keeps every promise.
   *
   * @param slo what is promised
   */
  record Within(List<Bound> slo, ContinuousBatching replica, Workload load) {
    private static final int BISECTIONS = 20;

    double perSecond() {
      double high = replica.saturation(load) * 0.98;
      if (keeps(high)) {
        return high;
      }
      double low = 0;
      for (int i = 0; i < BISECTIONS; i++) {
        double middle = (low + high) / 2;
        if (keeps(middle)) {
          low = middle;
        } else {
          high = middle;
        }
      }
      // What keeps no promise even alone is filled with work all the same.
      return low > 0 ? low : replica.saturation(load) * 0.98;
    }

    private boolean keeps(double rate) {
      var prediction = replica.openLoop(load, rate);
      return slo.stream().allMatch(bound -> bound.holds(prediction));
    }
  }

  static String hours(int from, int to) {
    return String.format(Locale.ROOT, "%02d:00–%02d:00 UTC", from, to % HOURS);
  }

  static String seconds(double value) {
    return Show.seconds(value);
  }
}
