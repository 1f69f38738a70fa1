package io.penstock.gateway.cli;

import io.penstock.config.Capacity;
import io.penstock.config.Loaded;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.Slo;
import io.penstock.config.catalog.ApiPrice;
import io.penstock.config.catalog.Catalog;
import io.penstock.gateway.cost.Replicas;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.cost.TokenPrice;
import io.penstock.planner.report.PoolFacts;
import io.penstock.planner.report.Report;
import io.penstock.planner.report.ReportBuilder;
import io.penstock.planner.size.Bound;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The capacity report from recorded traffic. */
@Command(
    name = "report",
    description = {
      "Prints the capacity report of recorded traffic.",
      "It is what a capacity review is held with: traffic, tokens, latency beside what is promised,"
          + " cost and savings, how busy each pool was, and what to change."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nExit codes:%n",
    footer = {
      "  0  done",
      "  1  nothing was recorded there, or the config has errors",
      "  3  the records cannot be read",
      "",
      "Examples:",
      "  penstock report --traffic traffic --html report.html",
      "  penstock report --traffic gateway-1/traffic --traffic gateway-2/traffic --json"
    })
final class ReportCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ConfigOption config = new ConfigOption();

  @Option(
      names = "--traffic",
      paramLabel = "DIR",
      required = true,
      description = "A gateway's journal; several times for a fleet's.")
  private List<Path> traffic = List.of();

  @Option(names = "--json", description = "Prints the report for programs.")
  private boolean json;

  @Option(names = "--html", paramLabel = "FILE", description = "Writes one self-contained page.")
  private @Nullable Path html;

  @Override
  public Integer call() {
    var facts = facts();
    var builder = new ReportBuilder();
    var tally = read(builder);
    if (builder.isEmpty()) {
      throw Failure.no("nothing was recorded in " + traffic);
    }
    say(builder.build(facts), tally);
    return 0;
  }

  private Recorded.Tally read(ReportBuilder builder) {
    try {
      return Recorded.read(traffic, builder::add);
    } catch (IOException e) {
      throw Failure.environment("the records cannot be read: " + e.getMessage());
    }
  }

  private void say(Report report, Recorded.Tally tally) {
    var out = spec.commandLine().getOut();
    if (tally.firstBad() != null) {
      spec.commandLine()
          .getErr()
          .println("penstock: " + tally.bad() + " lines were left out; " + tally.firstBad());
    }
    if (json) {
      out.println(ReportJson.of(report).encodePrettily());
    } else {
      ReportText.of(report).forEach(out::println);
    }
    if (html != null) {
      try {
        Files.writeString(html, ReportHtml.of(report));
      } catch (IOException unwritable) {
        throw Failure.environment(html + ": cannot be written: " + unwritable.getMessage());
      }
    }
  }

  // ---- what the config says

  private List<PoolFacts> facts() {
    return switch (config.load()) {
      case Loaded.Ok(var loaded, _) -> facts(loaded);
      case Loaded.Invalid(var problems, _) -> throw Failure.no(ConfigOption.lines(problems));
    };
  }

  static List<PoolFacts> facts(PenstockConfig config) {
    var catalog = Catalog.shipped();
    var replicas = new Replicas(config, catalog);
    return config.pools().values().stream()
        .map(pool -> facts(pool, replicas.deployment(pool), catalog))
        .toList();
  }

  private static PoolFacts facts(Pool pool, Optional<Deployment> replica, Catalog catalog) {
    var capacity = pool.capacity();
    return new PoolFacts(
        pool.name(),
        capacity.flatMap(known -> replica.map(planned -> priced(planned, known))),
        pool.backends().size(),
        capacity.map(Capacity::min).orElse(0),
        capacity.map(known -> known.scaling().spareReplicas()).orElse(0),
        capacity.map(known -> known.scaling().headroom()).orElse(0.0),
        promises(pool.slo()),
        capacity.isPresent() ? Optional.empty() : price(pool, catalog));
  }

  private static Deployment priced(Deployment replica, Capacity capacity) {
    return capacity.usdPerGpuHour() > 0
        ? new Deployment(
            replica.model(),
            replica.gpu().at(capacity.usdPerGpuHour()),
            replica.tensorParallel(),
            replica.weights(),
            replica.kv(),
            replica.engine())
        : replica;
  }

  private static Optional<TokenPrice> price(Pool pool, Catalog catalog) {
    return pool.price()
        .map(own -> new TokenPrice(own.input(), own.cachedInput(), own.output()))
        .or(() -> catalog.prices().find(pool.model()).map(ApiPrice::price));
  }

  private static List<Bound> promises(Slo slo) {
    var bounds = new ArrayList<Bound>(2);
    promise(bounds, Bound.Metric.TTFT, slo.ttft());
    promise(bounds, Bound.Metric.TPOT, slo.tpot());
    return bounds;
  }

  private static void promise(List<Bound> bounds, Bound.Metric metric, Duration within) {
    if (within.isPositive()) {
      bounds.add(new Bound(metric, Bound.Percentile.P95, within.toNanos() / 1e9));
    }
  }
}
