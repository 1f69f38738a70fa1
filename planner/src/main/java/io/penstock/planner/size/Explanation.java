package io.penstock.planner.size;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Every figure of a plan with the formula that it comes from, its numbers put in. */
public final class Explanation {
  /**
   * A figure.
   *
   * @param name of it
   * @param formula with its numbers
   * @param value with its unit
   */
  public record Line(String name, String formula, String value) {}

  private final List<Line> lines = new ArrayList<>();

  private Explanation() {}

  /** The figures of {@code sized}, in the order in which they follow from each other. */
  public static List<Line> of(Sized sized) {
    var all = new Explanation();
    all.memory(sized);
    all.steps(sized);
    all.replicas(sized);
    all.cost(sized);
    return List.copyOf(all.lines);
  }

  private void memory(Sized sized) {
    var deployment = sized.deployment();
    var memory = sized.replica().memory();
    var load = sized.demand().load();
    add(
        "weights",
        String.format(
            Locale.ROOT,
            "%.3f B parameters in %s / %d GPUs",
            deployment.model().totalParameters() / 1e9,
            deployment.weights().label(),
            deployment.tensorParallel()),
        Show.gigabytes(memory.weightBytes()));
    add(
        "KV cache",
        String.format(
            Locale.ROOT,
            "%s total - %s unclaimed - %s weights - %s runtime",
            Show.gigabytes(memory.totalBytes()),
            Show.gigabytes(memory.unclaimedBytes()),
            Show.gigabytes(memory.weightBytes()),
            Show.gigabytes(memory.runtimeBytes())),
        Show.gigabytes(memory.kvBytes()));
    add(
        "KV per token",
        "2 x layers x KV heads x head width x bytes / GPUs that share heads",
        Show.number(memory.kv().tokenBytesPerGpu()) + " bytes");
    add(
        "n_max",
        String.format(
            Locale.ROOT,
            "min(%d of the engine, room for requests of %s prompt and %s completion tokens)",
            deployment.engine().maxSequences(),
            Show.number(load.prompt().mean()),
            Show.number(load.completion().mean())),
        Show.number(sized.replica().maxSequences(load)) + " sequences");
  }

  private void steps(Sized sized) {
    for (var entry : Ledger.step(sized).entries()) {
      add("step: " + entry.name(), entry.formula(), Show.seconds(entry.amount()));
    }
    add(
        "bandwidth floor",
        "weights read by one token / (bandwidth x GPUs)",
        Show.seconds(Sizer.floorSeconds(sized.deployment())) + " a token");
    add(
        "saturation",
        "min(n_max / R(n_max), 0.95 / prefill seconds)",
        Show.number(sized.saturationPerSecond()) + " requests/s");
    add(
        "X_slo",
        "highest rate with every bound kept; binds: " + sized.constraint().word(),
        Show.number(sized.sustainablePerSecond()) + " requests/s");
  }

  private void replicas(Sized sized) {
    var replicas = sized.replicas();
    add(
        "replicas for the peak",
        String.format(
            Locale.ROOT,
            "ceil(%s x %s / %s)",
            Show.number(sized.peakPerSecond()),
            Show.number(sized.uncertainty()),
            Show.number(sized.sustainablePerSecond())),
        String.valueOf(replicas.base()));
    add(
        "replicas for headroom",
        "ceil(the same x (1 + headroom)) - those",
        String.valueOf(replicas.headroom()));
    add(
        "spares",
        "spares per failure domain x " + replicas.domains().size() + " domains",
        String.valueOf(replicas.spare()));
    var availability = sized.requirement().availability();
    var spot = availability.spot();
    if (spot.share() > 0) {
      add(
          "away share",
          "r T / (1 + r T), r = %s/h, T = %s"
              .formatted(
                  Show.number(spot.interruptionsPerHour()),
                  Show.seconds(spot.replacementSeconds())),
          Show.percent(spot.awayShare()));
      add(
          "replicas for interruptions",
          "least s with P(Binomial(n + s, away share) <= s) >= %s, n = %d interruptible"
              .formatted(
                  Show.percent(spot.confidence()), replicas.spot() - replicas.interruption()),
          String.valueOf(replicas.interruption()));
    }
    if (replicas.minimum() > 0) {
      add(
          "replicas to the minimum",
          availability.range().least() + " at least - those",
          String.valueOf(replicas.minimum()));
    }
    add(
        "utilisation",
        String.format(
            Locale.ROOT,
            "%s average / (%s x %d replicas)",
            Show.number(sized.averagePerSecond()),
            Show.number(sized.sustainablePerSecond()),
            replicas.total()),
        Show.percent(sized.utilisation()));
    add(
        "chance to wait",
        "Erlang C over n_max x serving replicas",
        Show.percent(sized.waitProbability()));
  }

  private void cost(Sized sized) {
    var cost = sized.cost();
    add(
        "month",
        String.format(
            Locale.ROOT,
            "(%d replicas x %s/h + %d on spot x %s/h) x 730 h",
            sized.replicas().total() - sized.replicas().spot(),
            Show.usd(cost.price().onDemandUsd()),
            sized.replicas().spot(),
            Show.usd(cost.price().spotUsd())),
        Show.usd(cost.usdPerMonth()));
    add(
        "request, provisioned",
        String.format(
            Locale.ROOT,
            "%s / %s requests",
            Show.usd(cost.usdPerMonth()),
            Show.number(cost.requestsPerMonth())),
        Show.usd(cost.provisionedPerRequest()));
    add(
        "request, fully loaded",
        String.format(
            Locale.ROOT,
            "%s/h / (%s x 3600)",
            Show.usd(cost.usdPerReplicaHour()),
            Show.number(sized.sustainablePerSecond())),
        Show.usd(cost.loadedPerRequest()));
    cost.api()
        .ifPresent(api ->
            add(
                "break-even utilisation",
                String.format(
                    Locale.ROOT,
                    "%s fully loaded / %s by the token",
                    Show.usd(cost.loadedPerRequest()),
                    Show.usd(api.usdPerRequest())),
                Show.percent(api.breakEvenUtilisation())));
  }

  private void add(String name, String formula, String value) {
    lines.add(new Line(name, formula, value));
  }
}
