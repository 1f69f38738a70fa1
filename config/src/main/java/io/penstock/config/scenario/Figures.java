package io.penstock.config.scenario;

import io.penstock.config.scenario.Planned.PoolPlan;
import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Memory;
import io.penstock.planner.capacity.MemoryBudget;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.scenario.Figure;
import io.penstock.planner.size.Cost;
import io.penstock.planner.size.Show;
import io.penstock.planner.size.Sized;
import io.penstock.planner.size.Sizer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The model's figure for what a claim names. */
final class Figures {
  static final List<String> NAMES =
      List.of(
          "memory-gb",
          "memory-share",
          "weights-gb",
          "kv-gib-per-session",
          "sessions-per-node",
          "latency-s",
          "latency-ms",
          "ttft-s",
          "ttft-ms",
          "tpot-ms",
          "peak-total-p95-s",
          "peak-ttft-p95-s",
          "tokens-per-second",
          "requests-per-second",
          "concurrent-users",
          "gpus",
          "replicas",
          "nodes",
          "nodes-at-least",
          "nodes-with-headroom",
          "cost-per-request-usd",
          "loaded-cost-per-request-usd",
          "cost-per-token-usd",
          "cost-per-month-usd",
          "hardware-cost-per-month-usd",
          "blended-cost-per-request-usd",
          "api-cost-per-request-usd",
          "api-cost-per-month-usd",
          "utilisation");

  private static final double GIB = 1L << 30;

  private final List<PoolPlan> pools;
  private final double usdPerMonth;
  private final double requestsPerMonth;

  Figures(List<PoolPlan> pools, double usdPerMonth, double requestsPerMonth) {
    this.pools = pools;
    this.usdPerMonth = usdPerMonth;
    this.requestsPerMonth = requestsPerMonth;
  }

  /** Empty where the model has nothing to say. */
  Optional<Figure> find(String what, String pool, Map<String, Double> at) {
    if (pool.isEmpty() && kept().size() != 1) {
      return total(what);
    }
    var meant =
        pool.isEmpty()
            ? kept().stream().findFirst()
            : pools.stream().filter(each -> each.wish().name().equals(pool)).findFirst();
    return meant.flatMap(each -> of(each, what, at));
  }

  private List<PoolPlan> kept() {
    return pools.stream().filter(pool -> !pool.wish().candidate()).toList();
  }

  private Optional<Figure> total(String what) {
    return switch (what) {
      case "gpus" ->
          figure(
              kept().stream()
                  .flatMap(pool -> pool.plan().stream())
                  .flatMap(plan -> plan.chosen().stream())
                  .mapToDouble(Sized::gpus)
                  .sum(),
              "all pools' GPUs");
      case "cost-per-month-usd" -> figure(usdPerMonth, "all pools' months");
      case "cost-per-request-usd", "blended-cost-per-request-usd" ->
          figure(
              usdPerMonth / requestsPerMonth,
              Show.usd(usdPerMonth) + " a month / " + Show.number(requestsPerMonth) + " requests");
      default -> Optional.empty();
    };
  }

  private static Optional<Figure> of(PoolPlan pool, String what, Map<String, Double> at) {
    if (pool.bought().isPresent()) {
      return bought(pool.bought().get(), what);
    }
    var wish = pool.wish();
    var chosen = pool.plan().flatMap(plan -> plan.chosen());
    Optional<Deployment> deployment =
        chosen.map(Sized::deployment).or(() -> wish.asked().stream().findFirst());
    var load = load(wish.requirement().demand().load(), at);
    double n = at.getOrDefault("n", 1.0);
    return switch (what) {
      case "memory-gb", "memory-share", "weights-gb", "kv-gib-per-session", "sessions-per-node" ->
          deployment.flatMap(each -> memory(each, what, load, n, at));
      case "latency-s", "latency-ms", "ttft-s", "ttft-ms", "tpot-ms", "tokens-per-second" ->
          deployment.flatMap(each -> alone(each, what, load, n));
      case "api-cost-per-request-usd", "api-cost-per-month-usd" ->
          chosen
              .flatMap(sized -> sized.cost().api())
              .map(api ->
                  what.endsWith("month-usd")
                      ? new Figure(api.usdPerMonth(), "price list x tokens x requests a month")
                      : new Figure(api.usdPerRequest(), "price list x tokens"));
      case "hardware-cost-per-month-usd" -> deployment.map(each -> hardware(each, at));
      default ->
          chosen.flatMap(sized ->
              sized(sized, what, at)
                  .map(figure -> marked(figure, pool.plan().orElseThrow().withoutSlo())));
    };
  }

  private static Figure marked(Figure figure, boolean withoutSlo) {
    return withoutSlo
        ? new Figure(
            figure.value(), figure.formula() + "; the SLO, which cannot be kept, set aside")
        : figure;
  }

  private static Workload load(Workload load, Map<String, Double> at) {
    if (!at.containsKey("prompt-tokens") && !at.containsKey("completion-tokens")) {
      return load;
    }
    return Workload.of(
        at.getOrDefault("prompt-tokens", load.prompt().mean()),
        at.getOrDefault("completion-tokens", load.completion().mean()));
  }

  // ---- bought by the token

  private static Optional<Figure> bought(Planned.Bought bought, String what) {
    return switch (what) {
      case "cost-per-request-usd",
          "loaded-cost-per-request-usd",
          "api-cost-per-request-usd",
          "blended-cost-per-request-usd" ->
          figure(bought.usdPerRequest(), "price list x tokens");
      case "cost-per-month-usd", "api-cost-per-month-usd" ->
          figure(
              bought.usdPerMonth(),
              Show.usd(bought.usdPerRequest())
                  + " x "
                  + Show.number(bought.requestsPerMonth())
                  + " requests");
      default -> Optional.empty();
    };
  }

  // ---- of the hardware alone

  private static Optional<Figure> memory(
      Deployment deployment, String what, Workload load, double n, Map<String, Double> at) {
    if (!(Memory.of(deployment) instanceof MemoryBudget budget)) {
      return Optional.empty();
    }
    int gpus = deployment.tensorParallel();
    double context =
        at.getOrDefault("context-tokens", load.prompt().mean() + load.completion().mean());
    double kv = n * budget.kv().sequenceBytesPerGpu(context);
    double used = budget.weightBytes() + budget.runtimeBytes() + kv;
    String parts =
        Show.gigabytes(budget.weightBytes() * gpus)
            + " weights + "
            + Show.gigabytes(budget.runtimeBytes() * gpus)
            + " runtime + "
            + Show.gigabytes(kv * gpus)
            + " KV of "
            + Show.number(n)
            + " x "
            + Show.number(context)
            + " tokens";
    return switch (what) {
      case "memory-gb" -> figure(used * gpus / 1e9, parts);
      case "memory-share" -> figure(used / budget.totalBytes(), parts);
      case "weights-gb" -> figure(budget.weightBytes() * gpus / 1e9, "parameters x bytes");
      case "kv-gib-per-session" ->
          figure(
              budget.kv().sequenceBytes(context) / GIB,
              "KV cache of " + Show.number(context) + " tokens");
      default ->
          figure(
              Math.floor(budget.sequences(context) * at.getOrDefault("gpus", (double) gpus) / gpus),
              Show.gigabytes(budget.kvBytes() * gpus)
                  + " left for KV after weights, runtime and what is not claimed / "
                  + Show.gigabytes(budget.kv().sequenceBytesPerGpu(context) * gpus));
    };
  }

  private static Optional<Figure> alone(
      Deployment deployment, String what, Workload load, double n) {
    if (!(Memory.of(deployment) instanceof MemoryBudget)) {
      return Optional.empty();
    }
    var prediction = ContinuousBatching.of(deployment).closedLoop(load, n);
    String who =
        (n == 1 ? "one request alone" : Show.number(n) + " requests at once")
            + ", "
            + Show.number(load.completion().mean())
            + " tokens on "
            + deployment.tensorParallel()
            + " "
            + deployment.gpu().name()
            + "; floor "
            + Show.seconds(Sizer.floorSeconds(deployment) * load.completion().mean());
    return switch (what) {
      case "latency-s" -> figure(prediction.total().mean(), who);
      case "latency-ms" -> figure(prediction.total().mean() * 1e3, who);
      case "ttft-s" -> figure(prediction.ttft().mean(), who);
      case "ttft-ms" -> figure(prediction.ttft().mean() * 1e3, who);
      case "tpot-ms" -> figure(prediction.tpot().mean() * 1e3, who);
      default -> figure(prediction.requestsPerSecond() * load.completion().mean(), who);
    };
  }

  private static Figure hardware(Deployment deployment, Map<String, Double> at) {
    double gpus = at.getOrDefault("gpus", (double) deployment.tensorParallel());
    double price = at.getOrDefault("usd-per-gpu-hour", deployment.gpu().usdPerHour());
    return new Figure(
        gpus * price * Cost.HOURS_PER_MONTH,
        Show.number(gpus) + " GPUs x " + Show.usd(price) + "/h x 730 h");
  }

  // ---- of the plan

  private static Optional<Figure> sized(Sized sized, String what, Map<String, Double> at) {
    var cost = sized.cost();
    double replicas =
        at.getOrDefault("gpus", (double) sized.deployment().tensorParallel())
            / sized.deployment().tensorParallel();
    String count = sized.replicas().text();
    Function<Double, String> each =
        value -> Show.number(value) + " a replica x " + Show.number(replicas) + " replicas";
    return switch (what) {
      case "peak-total-p95-s" -> figure(sized.atPeak().total().p95(), "p95 at the peak");
      case "peak-ttft-p95-s" -> figure(sized.atPeak().ttft().p95(), "p95 at the peak");
      case "requests-per-second" -> {
        double n = at.getOrDefault("n", 0.0);
        double rate =
            n > 0
                ? sized.replica().closedLoop(sized.demand().load(), n).requestsPerSecond()
                : sized.sustainablePerSecond();
        yield figure(rate * replicas, each.apply(rate));
      }
      case "concurrent-users" -> {
        var load = sized.demand().load();
        var full = sized.replica().openLoop(load, sized.sustainablePerSecond());
        double users =
            sized.sustainablePerSecond() * (full.total().mean() + sized.demand().thinkSeconds());
        yield figure(users * replicas, each.apply(users) + ", within the SLO");
      }
      case "gpus" -> figure(sized.gpus(), count + " replicas");
      case "replicas" -> figure(sized.replicas().total(), count);
      case "nodes", "nodes-with-headroom", "nodes-at-least" -> {
        var counted = sized.replicas();
        int served =
            switch (what) {
              case "nodes" -> counted.total();
              case "nodes-with-headroom" -> counted.serving();
              default -> counted.base();
            };
        yield figure(
            Math.ceil(served * sized.deployment().tensorParallel() / 8.0),
            count + " replicas of " + sized.deployment().tensorParallel() + " GPUs on nodes of 8");
      }
      case "cost-per-request-usd", "blended-cost-per-request-usd" ->
          figure(
              cost.provisionedPerRequest(),
              Show.usd(cost.usdPerMonth())
                  + " a month / "
                  + Show.number(cost.requestsPerMonth())
                  + " requests; at best "
                  + Show.usd(cost.loadedPerRequest()));
      case "loaded-cost-per-request-usd" ->
          figure(
              cost.loadedPerRequest(),
              Show.usd(cost.usdPerReplicaHour())
                  + "/h at "
                  + Show.number(sized.sustainablePerSecond())
                  + " requests/s");
      case "cost-per-token-usd" ->
          figure(
              cost.provisionedPerRequest() / cost.tokensPerRequest(),
              "month / requests / tokens, prompt's too");
      case "cost-per-month-usd" ->
          figure(
              cost.usdPerMonth(),
              "replicas " + count + ", x " + Show.usd(cost.usdPerReplicaHour()) + "/h x 730 h");
      case "utilisation" -> figure(sized.utilisation(), "average load / what the SLO allows");
      default -> Optional.empty();
    };
  }

  private static Optional<Figure> figure(double value, String formula) {
    return Double.isFinite(value) ? Optional.of(new Figure(value, formula)) : Optional.empty();
  }
}
