package io.penstock.gateway.cli;

import io.penstock.config.Nearest;
import io.penstock.config.PenstockConfig;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.size.Availability;
import io.penstock.planner.size.Demand;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** What a config does not say of its traffic. A value that cannot be is wrong usage. */
final class TrafficOptions {
  @Option(
      names = "--rate",
      paramLabel = "N",
      description = "With a config: requests a second at the peak. Without it: 1.")
  private double rate = 1;

  @Option(
      names = "--average",
      paramLabel = "N",
      description = "With a config: requests a second on average. Without it: as at the peak.")
  private double average;

  @Option(
      names = "--prompt-tokens",
      paramLabel = "N",
      description = "With a config: of a request. Without it: 400.")
  private double promptTokens = 400;

  @Option(
      names = "--completion-tokens",
      paramLabel = "N",
      description = "With a config: of a request. Without it: 250.")
  private double completionTokens = 250;

  @Option(
      names = "--share",
      paramLabel = "POOL=SHARE",
      description = "With a config: a pool's share of the traffic; the others share the rest.")
  private Map<String, String> shares = new LinkedHashMap<>();

  @Option(
      names = "--headroom",
      paramLabel = "SHARE",
      description = "With a config: what is kept free over the peak. Without it: 20%%.")
  private String headroom = "20%";

  @Option(
      names = "--spares",
      paramLabel = "N",
      description = "With a config: replicas that may be lost. Without it: 1.")
  private int spares = 1;

  Demand demand() {
    return valid(
        "--rate, --average", () -> Demand.rate(positive("--rate", rate), average, workload()));
  }

  private Workload workload() {
    double prompt = positive("--prompt-tokens", promptTokens);
    double completion = positive("--completion-tokens", completionTokens);
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

  Availability availability() {
    return valid(
        "--headroom, --spares", () -> Availability.single(share("--headroom", headroom), spares));
  }

  /** Of the pools that were named; none of another name, and no more than all of the traffic. */
  Map<String, Double> shares(PenstockConfig config) {
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
