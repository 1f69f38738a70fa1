package io.penstock.gateway.cli;

import io.penstock.config.Capacity;
import io.penstock.config.Nearest;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.Scaling;
import io.penstock.config.scenario.ConfigScenario;
import io.penstock.config.scenario.Scenario;
import io.penstock.config.trace.Trace;
import io.penstock.config.trace.TraceFile;
import io.penstock.config.trace.TraceRow;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.size.Availability;
import io.penstock.planner.size.Demand;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What a config does not say of its traffic. A value that cannot be is wrong usage. */
final class TrafficOptions {
  @Option(
      names = "--rate",
      paramLabel = "N",
      description = "With a config: requests a second at the peak. Without it: 1.")
  private @Nullable Double rate;

  @Option(
      names = "--average",
      paramLabel = "N",
      description = "With a config: requests a second on average. Without it: as at the peak.")
  private @Nullable Double average;

  @Option(
      names = "--prompt-tokens",
      paramLabel = "N",
      description = "With a config: of a request. Without it: 400.")
  private @Nullable Double promptTokens;

  @Option(
      names = "--completion-tokens",
      paramLabel = "N",
      description = "With a config: of a request. Without it: 250.")
  private @Nullable Double completionTokens;

  @Option(
      names = "--share",
      paramLabel = "POOL=SHARE",
      description = "With a config: a pool's share of the traffic; the others share the rest.")
  private Map<String, String> shares = new LinkedHashMap<>();

  @Option(
      names = "--headroom",
      paramLabel = "SHARE",
      description =
          "With a config: what is kept free over the peak. Without it: the pool's scaling.")
  private @Nullable String headroom;

  @Option(
      names = "--spares",
      paramLabel = "N",
      description = "With a config: replicas that may be lost. Without it: the pool's scaling.")
  private @Nullable Integer spares;

  @Option(
      names = "--traffic",
      paramLabel = "PATH",
      description = {
        "With a config: recorded requests to size for, instead of a rate and lengths: the journal's"
            + " directory,",
        "a segment of it, or a trace (docs/plan.md)."
      })
  private @Nullable Path recorded;

  /** The config's pools under the traffic that the options name. */
  Scenario scenario(String name, PenstockConfig config) {
    if (recorded == null) {
      return ConfigScenario.of(name, config, demand(), this::availability, shares(config));
    }
    if (rate != null || average != null || promptTokens != null || completionTokens != null) {
      throw Failure.usage("--traffic has rates and lengths: leave the options for them out");
    }
    var traffic = new RecordedTraffic(config, rows(recorded));
    var demands = traffic.demands(shares(config));
    return ConfigScenario.of(name, config, demands, this::availability, traffic.given());
  }

  /** Whether something is said that a config alone is planned with. */
  boolean given() {
    return recorded != null || rate != null || average != null || !shares.isEmpty();
  }

  private static List<TraceRow> rows(Path recorded) {
    return switch (TraceFile.read(recorded)) {
      case Trace.Ok(var rows, _) -> rows;
      case Trace.Invalid(var problem) -> throw Failure.no(List.of(problem));
    };
  }

  private Demand demand() {
    double peak = rate == null ? 1 : positive("--rate", rate);
    double mean = average == null ? 0 : average;
    return valid("--rate, --average", () -> Demand.rate(peak, mean, workload()));
  }

  private Workload workload() {
    double prompt = promptTokens == null ? 400 : positive("--prompt-tokens", promptTokens);
    double completion =
        completionTokens == null ? 250 : positive("--completion-tokens", completionTokens);
    if (completion < 1) {
      throw Failure.usage("--completion-tokens: must be 1 or more, not " + completion);
    }
    return Workload.of(prompt, completion);
  }

  private static double positive(String option, double value) {
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw Failure.usage(option + ": must be a number above 0, not " + value);
    }
    return value;
  }

  /** What the options say, and where they say nothing what the pool's replicas follow. */
  private Availability availability(Pool pool) {
    var scaling = pool.capacity().map(Capacity::scaling).orElse(Scaling.DEFAULT);
    double free = headroom == null ? scaling.headroom() : share("--headroom", headroom);
    int lost = spares == null ? scaling.spareReplicas() : spares;
    return valid("--headroom, --spares", () -> Availability.single(free, lost));
  }

  /** Of the pools that were named; none of another name, and no more than all of the traffic. */
  private Map<String, Double> shares(PenstockConfig config) {
    var parts = new LinkedHashMap<String, Double>();
    shares.forEach((pool, text) -> {
      if (!config.pools().containsKey(pool)) {
        throw Failure.usage(
            "--share: the config has no pool '%s': %s"
                .formatted(pool, Nearest.hint(pool, config.pools().keySet())));
      }
      parts.put(pool, share("--share", text));
    });
    double sum = parts.values().stream().mapToDouble(part -> part).sum();
    if (sum > 1 + 1e-9) {
      throw Failure.usage("--share: the shares sum to %.0f%%, over 100%%".formatted(sum * 100));
    }
    return parts;
  }

  /** A share as {@code 25%} or {@code 0.25}. */
  static double share(String option, String text) {
    try {
      boolean percent = text.endsWith("%");
      double value = Double.parseDouble(percent ? text.substring(0, text.length() - 1) : text);
      double share = percent ? value / 100 : value;
      if (share >= 0 && share < Double.POSITIVE_INFINITY) {
        return share;
      }
    } catch (NumberFormatException _) {
      // said below
    }
    throw Failure.usage(option + ": '" + text + "' is no share: write it as 25%");
  }

  private static <T> T valid(String options, Supplier<T> value) {
    try {
      return value.get();
    } catch (IllegalArgumentException refused) {
      throw Failure.usage(options + ": " + refused.getMessage());
    }
  }
}
