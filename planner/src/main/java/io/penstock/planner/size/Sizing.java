package io.penstock.planner.size;

import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Memory;
import io.penstock.planner.capacity.MemoryBudget;
import io.penstock.planner.capacity.Prediction;
import io.penstock.planner.cost.TokenPrice;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Sizes a pool: the most that one replica serves within the SLO, as an open loop at the 95th
 * percentile, divided by the model's uncertainty; replicas for the peak, then for headroom, then
 * spares, three terms that are never counted twice.
 */
public final class Sizing {
  private static final double HOURS_PER_MONTH = 730;
  private static final double SECONDS_PER_HOUR = 3600;
  private static final double MILLION = 1e6;
  private static final int BISECTIONS = 30;

  /** A share of the saturation at which a replica is as good as alone. */
  private static final double ALONE = 1e-4;

  private Sizing() {}

  /** Sizes the pool on replicas of one kind. */
  public static Sized size(Requirement requirement, Deployment deployment) {
    return switch (Memory.of(deployment)) {
      case Memory.DoesNotFit(String why, _) ->
          new Sized.Impossible(deployment, Constraint.MEMORY, why);
      case MemoryBudget memory -> size(requirement, deployment, memory);
    };
  }

  /** Sizes it on each kind: what can be, from the cheapest on, then what cannot. */
  public static List<Sized> choose(Requirement requirement, List<Deployment> candidates) {
    return candidates.stream()
        .map(candidate -> size(requirement, candidate))
        .sorted(Comparator.comparingDouble(Sizing::rank))
        .toList();
  }

  private static double rank(Sized sized) {
    return switch (sized) {
      case Sized.Plan plan -> plan.cost().perMonth();
      case Sized.Impossible _ -> Double.POSITIVE_INFINITY;
    };
  }

  /**
   * The requests a second at which replicas that cost so much a month cost as much as an API that
   * sells tokens.
   */
  public static double breakEvenPerSecond(
      double usdPerMonth, TokenPrice api, double promptTokens, double completionTokens) {
    double seconds = HOURS_PER_MONTH * SECONDS_PER_HOUR;
    return usdPerMonth / (api.usd(promptTokens, completionTokens) * seconds);
  }

  private static Sized size(Requirement requirement, Deployment deployment, MemoryBudget memory) {
    var replica = ContinuousBatching.of(deployment);
    double saturation = replica.saturation(requirement.load());
    var alone = replica.openLoop(requirement.load(), saturation * ALONE);
    var floor = requirement.slo().brokenBy(alone);
    if (floor.isPresent()) {
      return new Sized.Impossible(
          deployment, floor.get(), refusal(deployment, floor.get(), alone, requirement.slo()));
    }
    double low = saturation * ALONE;
    double high = saturation;
    var binding = Constraint.THROUGHPUT;
    for (int i = 0; i < BISECTIONS; i++) {
      double rate = (low + high) / 2;
      var broken = requirement.slo().brokenBy(replica.openLoop(requirement.load(), rate));
      if (broken.isPresent()) {
        high = rate;
        binding = broken.get();
      } else {
        low = rate;
      }
    }
    return plan(requirement, deployment, memory, replica, low / requirement.uncertainty(), binding);
  }

  private static Sized.Plan plan(
      Requirement requirement,
      Deployment deployment,
      MemoryBudget memory,
      ContinuousBatching replica,
      double each,
      Constraint binding) {
    double peak = requirement.peakPerSecond();
    int forLoad = (int) Math.ceil(peak / each);
    int withHeadroom = (int) Math.ceil(peak * (1 + requirement.headroom()) / each);
    int replicas = withHeadroom + requirement.spares();
    return new Sized.Plan(
        deployment,
        memory,
        each,
        binding,
        forLoad,
        withHeadroom - forLoad,
        requirement.spares(),
        replica.openLoop(requirement.load(), peak / withHeadroom),
        cost(requirement, deployment, each, replicas));
  }

  private static Sized.Cost cost(
      Requirement requirement, Deployment deployment, double each, int replicas) {
    double perHour = deployment.usdPerHour();
    double perMonth = perHour * replicas * HOURS_PER_MONTH;
    double requests = requirement.averagePerSecond() * SECONDS_PER_HOUR * HOURS_PER_MONTH;
    double tokens = requirement.load().prompt().mean() + requirement.load().completion().mean();
    double perRequest = perMonth / requests;
    double loaded = perHour / (each * SECONDS_PER_HOUR);
    return new Sized.Cost(
        perMonth, perRequest, perRequest / tokens * MILLION, loaded, loaded / tokens * MILLION);
  }

  private static String refusal(
      Deployment deployment, Constraint broken, Prediction alone, Slo slo) {
    double has =
        switch (broken) {
          case TTFT -> alone.ttft().p95();
          case TPOT -> alone.tpot().p95();
          case TOTAL, THROUGHPUT, MEMORY -> alone.total().p95();
        };
    double wanted =
        switch (broken) {
          case TTFT -> slo.ttftSeconds();
          case TPOT -> slo.tpotSeconds();
          case TOTAL, THROUGHPUT, MEMORY -> slo.totalSeconds();
        };
    return String.format(
        Locale.ROOT,
        "%s on %d %s: %s is %.3f s at p95 for a request alone, over the %.3f s that are promised",
        deployment.model().name(),
        deployment.tensorParallel(),
        deployment.gpu().name(),
        broken.label(),
        has,
        wanted);
  }
}
