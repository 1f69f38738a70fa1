package io.penstock.planner.size;

import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Memory;
import io.penstock.planner.capacity.MemoryBudget;
import io.penstock.planner.capacity.Prediction;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.model.WeightMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Sizes a pool on given hardware.
 *
 * <p>{@code X_slo} is the highest rate at which one replica keeps every bound of the SLO, found by
 * false position over the open loop: latencies rise with the rate. The pool has {@code
 * ⌈λ_peak·u/X_slo⌉} replicas for the peak, where {@code u} is by how much the model may be too
 * optimistic; then those for the headroom; then the spares of each failure domain. What is just
 * over its bound at a slightly higher rate is what binds; where none is, the replica is full: of
 * sequences that its memory holds, or of work.
 */
public final class Sizer {
  /** How near to the true rate, relatively. */
  private static final double PRECISION = 1e-8;

  /** Of saturation: a replica that is idle but for one request now and then. */
  private static final double IDLE = 1e-3;

  private static final double MOST_REPLICAS = 1e6;

  /** Of saturation: where a queue is still finite. */
  private static final double FULL = 0.98;

  private final Requirement requirement;
  private final Deployment deployment;
  private final ContinuousBatching replica;
  private final Workload load;

  private Sizer(Requirement requirement, Deployment deployment) {
    this.requirement = requirement;
    this.deployment = deployment;
    this.replica = ContinuousBatching.of(deployment);
    this.load = requirement.demand().load();
  }

  /** How {@code deployment} would serve {@code requirement}. */
  public static Outcome size(Requirement requirement, Deployment deployment) {
    if (deployment.usdPerHour() <= 0) {
      return refused(deployment, Constraint.HARDWARE, "no price is known: write usd-per-gpu-hour");
    }
    int context = deployment.model().contextTokens();
    double tokens = requirement.demand().tokensPerRequest();
    if (tokens > context) {
      return new Outcome.Refused(
          label(deployment),
          Constraint.HARDWARE,
          String.format(Locale.ROOT, "takes %d tokens, and a request has %.0f", context, tokens),
          List.of("prompt and completion to " + context + " tokens together"));
    }
    return switch (Memory.of(deployment)) {
      case Memory.DoesNotFit(String why, _) -> refused(deployment, Constraint.MEMORY, why);
      case MemoryBudget budget -> sizeWithin(requirement, deployment, budget);
    };
  }

  private static Outcome sizeWithin(
      Requirement requirement, Deployment deployment, MemoryBudget budget) {
    double tokens = requirement.demand().tokensPerRequest();
    double sequences = budget.sequences(tokens);
    return sequences < 1
        ? refused(
            deployment,
            Constraint.MEMORY,
            String.format(
                Locale.ROOT,
                "leaves room for %d tokens of KV cache, and a request has %.0f",
                budget.kvTokens(),
                tokens))
        : new Sizer(requirement, deployment).size();
  }

  private Outcome size() {
    double saturation = replica.saturation(load);
    var idle = replica.openLoop(load, saturation * IDLE);
    var broken = requirement.slo().stream().filter(bound -> !bound.holds(idle)).toList();
    return broken.isEmpty() ? sized(saturation) : tooSlow(broken, idle);
  }

  // ---- within the SLO

  private Outcome sized(double saturation) {
    double sustainable = sustainable(saturation);
    var full = replica.openLoop(load, sustainable);
    var demand = requirement.demand();
    double peak = demand.peak(full.total().mean());
    double average = demand.average(peak);
    double traffic = peak * requirement.uncertainty() / sustainable;
    if (!(traffic * (1 + requirement.availability().headroom()) < MOST_REPLICAS)) {
      return refused(
          deployment,
          Constraint.THROUGHPUT,
          "would take over a million replicas: one serves "
              + Show.number(sustainable)
              + " requests a second");
    }
    return Sized.of(
        requirement,
        deployment,
        replica,
        sustainable,
        saturation,
        traffic * (1 + requirement.availability().headroom()) <= 0.5
            ? Constraint.ONE_REPLICA
            : binding(sustainable, saturation),
        peak,
        average);
  }

  private double sustainable(double saturation) {
    double high = saturation * FULL;
    double overAtHigh = room(replica.openLoop(load, high));
    if (overAtHigh >= 0) {
      return high;
    }
    double low = saturation * IDLE;
    double roomAtLow = room(replica.openLoop(load, low));
    boolean lowMoved = false;
    while (high - low > PRECISION * low) {
      double rate = high - (high - low) * overAtHigh / (overAtHigh - roomAtLow);
      double middle = rate > low && rate < high ? rate : (low + high) / 2;
      double room = room(replica.openLoop(load, middle));
      if (room >= 0) {
        low = middle;
        roomAtLow = room;
        overAtHigh = lowMoved ? overAtHigh / 2 : overAtHigh;
        if (room <= PRECISION) {
          break;
        }
      } else {
        high = middle;
        overAtHigh = room;
        roomAtLow = lowMoved ? roomAtLow : roomAtLow / 2;
      }
      lowMoved = room >= 0;
    }
    return low;
  }

  /**
   * How far within the SLO, as a share of what is seen: 0 just at a bound, negative beyond it. The
   * inverse of a latency is nearly a line in the rate.
   */
  private double room(Prediction prediction) {
    double least = Double.POSITIVE_INFINITY;
    for (var bound : requirement.slo()) {
      least = Math.min(least, bound.seconds() / bound.of(prediction));
    }
    return least - 1;
  }

  private Constraint binding(double sustainable, double saturation) {
    if (sustainable < saturation * FULL) {
      var over = replica.openLoop(load, Math.min(sustainable * 1.001, saturation * FULL));
      return requirement.slo().stream()
          .filter(bound -> !bound.holds(over))
          .map(bound -> Constraint.of(bound.metric()))
          .findFirst()
          .orElse(Constraint.THROUGHPUT);
    }
    double most = replica.maxSequences(load);
    boolean memoryIsFull = most < deployment.engine().maxSequences();
    return memoryIsFull && replica.fillsItsPlaces(load) ? Constraint.MEMORY : Constraint.THROUGHPUT;
  }

  // ---- beyond it

  private Outcome tooSlow(List<Bound> broken, Prediction idle) {
    var first = broken.getFirst();
    double floor = floorSeconds(first);
    String alone = Show.seconds(first.of(idle));
    String asked = first.name() + " of " + Show.seconds(first.seconds());
    String why =
        floor > first.seconds()
            ? String.format(
                Locale.ROOT,
                "%s is under the bandwidth floor: reading the weights takes %s alone",
                asked,
                Show.seconds(floor))
            : String.format(Locale.ROOT, "%s: one request alone takes %s", asked, alone);
    var relax = new ArrayList<String>();
    for (var bound : broken) {
      relax.add(
          String.format(
              Locale.ROOT,
              "%s to %s, which a request alone gets",
              bound.name(),
              Show.seconds(bound.of(idle) * 1.02)));
    }
    if (first.metric() == Bound.Metric.TOTAL && fittingTokens(first, idle) >= 1) {
      relax.add(
          String.format(Locale.ROOT, "completions to %.0f tokens", fittingTokens(first, idle)));
    }
    return new Outcome.Refused(label(deployment), Constraint.of(first.metric()), why, relax);
  }

  private static double fittingTokens(Bound bound, Prediction idle) {
    double left = bound.seconds() - (bound.of(idle) - idle.total().mean()) - idle.ttft().mean();
    return Math.floor(1 + left / idle.tpot().mean());
  }

  /** What no software can be faster than: the weights that a step reads over the bandwidth. */
  private double floorSeconds(Bound bound) {
    double step = floorSeconds(deployment);
    return switch (bound.metric()) {
      case TTFT -> step;
      case TPOT -> step / load.tokensPerStep();
      case TOTAL -> step * Math.max(1, load.completion().mean() / load.tokensPerStep());
    };
  }

  /** One token's weights over the bandwidth of all GPUs of a replica. */
  public static double floorSeconds(Deployment deployment) {
    return new WeightMemory(deployment.model(), deployment.weights()).readBytes(1)
        / (deployment.gpu().bandwidthBytesPerSecond() * deployment.tensorParallel());
  }

  // ---- words

  /** The hardware in a few words: {@code llama-2-7b fp16 on 1 t4, vllm}. */
  public static String label(Deployment deployment) {
    return deployment.model().name()
        + " "
        + deployment.weights().label()
        + " on "
        + deployment.tensorParallel()
        + " "
        + deployment.gpu().name()
        + ", "
        + deployment.engine().name();
  }

  private static Outcome refused(Deployment deployment, Constraint constraint, String why) {
    return new Outcome.Refused(label(deployment), constraint, why, List.of());
  }
}
