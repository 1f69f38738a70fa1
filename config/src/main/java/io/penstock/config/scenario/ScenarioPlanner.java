package io.penstock.config.scenario;

import io.penstock.config.catalog.ApiPrice;
import io.penstock.config.scenario.Planned.Bought;
import io.penstock.config.scenario.Planned.Judged;
import io.penstock.config.scenario.Planned.PoolPlan;
import io.penstock.planner.scenario.Claim;
import io.penstock.planner.scenario.Figure;
import io.penstock.planner.scenario.KvBudget;
import io.penstock.planner.scenario.SimpleLatency;
import io.penstock.planner.size.Cost;
import io.penstock.planner.size.Planning;
import io.penstock.planner.size.Requirement;
import java.util.List;
import java.util.Optional;

/** Plans a scenario's pools and judges its claims. */
public final class ScenarioPlanner {
  private ScenarioPlanner() {}

  /** The plans and the verdicts. */
  public static Planned plan(Scenario scenario) {
    var pools = scenario.pools().stream().map(ScenarioPlanner::plan).toList();
    var kept = pools.stream().filter(pool -> !pool.wish().candidate()).toList();
    double usd = kept.stream().mapToDouble(PoolPlan::usdPerMonth).sum();
    double requests = kept.stream().mapToDouble(ScenarioPlanner::requestsPerMonth).sum();
    var figures = new Figures(pools, usd, requests);
    var claims = scenario.claims().stream().map(each -> judge(each, scenario, figures)).toList();
    return new Planned(scenario, pools, usd, requests, claims);
  }

  private static PoolPlan plan(PoolWish wish) {
    return wish.bought()
        .map(price ->
            new PoolPlan(wish, Optional.empty(), Optional.of(buy(price, wish.requirement()))))
        .orElseGet(() ->
            new PoolPlan(
                wish,
                Optional.of(
                    Planning.plan(wish.requirement(), wish.asked(), List.of(), wish.others())),
                Optional.empty()));
  }

  private static Bought buy(ApiPrice list, Requirement requirement) {
    var demand = requirement.demand();
    double prompt = demand.load().prompt().mean();
    double cached = prompt * demand.load().prefixHitRatio();
    double each = list.price().usd(prompt, cached, demand.load().completion().mean());
    double average =
        demand.averagePerSecond() > 0 ? demand.averagePerSecond() : demand.peakPerSecond();
    double requests = average * Cost.SECONDS_PER_MONTH;
    return new Bought(each, each * requests, requests);
  }

  private static double requestsPerMonth(PoolPlan pool) {
    return pool.bought()
        .map(Bought::requestsPerMonth)
        .or(() ->
            pool.plan()
                .flatMap(plan -> plan.chosen().map(sized -> sized.cost().requestsPerMonth())))
        .orElse(0.0);
  }

  // ---- claims

  private static Judged judge(Scenario.Printed printed, Scenario scenario, Figures figures) {
    Claim claim = printed.claim();
    Optional<Figure> method = method(printed, scenario);
    boolean counts = printed.method().equals("kv-budget");
    Optional<Figure> own =
        counts || claim.what().equals(ClaimBinding.ARITHMETIC_ALONE)
            ? Optional.empty()
            : figures.find(claim.what(), claim.pool(), printed.at());
    Optional<Figure> beside =
        printed.beside().isEmpty()
            ? Optional.empty()
            : figures.find(printed.beside(), claim.pool(), printed.at());
    return new Judged(printed, claim.judge(own, method, counts), method, beside);
  }

  private static Optional<Figure> method(Scenario.Printed printed, Scenario scenario) {
    return switch (printed.method()) {
      case "kv-budget" -> scenario.kvBudget().flatMap(kv -> kvBudget(printed.claim().what(), kv));
      case "simple-latency" ->
          scenario.simpleLatency().flatMap(simple -> simple(printed.claim().what(), simple));
      default -> Optional.empty();
    };
  }

  private static Optional<Figure> kvBudget(String what, KvBudget kv) {
    return switch (what) {
      case "kv-gib-per-session" ->
          figure(
              kv.kvGibPerSession(),
              "2 x KV heads x head width x bytes x (full layers x context + sliding x window)");
      case "sessions-per-node" ->
          figure(kv.sessionsPerNode(), "floor((GB x 1e9/2^30 x ratio - overhead) / KV)");
      case "nodes-at-least" -> figure(kv.nodesAtLeast(), "ceil(C / S)");
      case "nodes-with-headroom" -> figure(kv.nodesWithHeadroom(), "ceil(C x (1 + h) / S)");
      case "nodes" -> figure(kv.nodes(), "ceil(C x (1 + h) / S) + spares");
      default -> Optional.empty();
    };
  }

  private static Optional<Figure> simple(String what, SimpleLatency simple) {
    return switch (what) {
      case "latency-ms" ->
          figure(simple.latencyMs(), "batch x completion x factor / speed + overhead");
      case "latency-s" ->
          figure(simple.latencyMs() / 1000, "batch x completion x factor / speed + overhead");
      case "cost-per-request-usd" ->
          figure(simple.usdPerRequest(), "latency / 3600 x price x GPUs");
      case "cost-per-token-usd" -> figure(simple.usdPerToken(), "that / completion tokens alone");
      case "tokens-per-second" -> figure(simple.tokensPerSecondSeen(), "completion / latency");
      default -> Optional.empty();
    };
  }

  private static Optional<Figure> figure(double value, String formula) {
    return Optional.of(new Figure(value, formula));
  }
}
