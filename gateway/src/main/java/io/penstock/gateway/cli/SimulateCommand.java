package io.penstock.gateway.cli;

import io.penstock.config.Loaded;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.trace.Trace;
import io.penstock.config.trace.TraceFile;
import io.penstock.config.trace.TraceRow;
import io.penstock.gateway.cli.PoolSimulation.Ask;
import io.penstock.gateway.cli.TraceSharing.PoolRow;
import io.penstock.planner.simulate.Arrivals;
import io.penstock.planner.simulate.Arrivals.Length;
import io.penstock.planner.simulate.Pattern;
import io.penstock.planner.simulate.Routing;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Recorded or made-up requests against the pools of a config, simulated. */
@Command(
    name = "simulate",
    description = {
      "Plays a request trace against the pools of a config, step by step.",
      "Prints what the plan promises beside what the simulation of the engines saw.",
      "",
      "A trace has one request a line, as JSON or as comma-separated values under a line of names:",
      "  {\"time\": 0.5, \"prompt_tokens\": 120, \"completion_tokens\": 80, \"tier\": \"paid\"}",
      "time is in seconds or a date; pool, tier, complexity and priority may be left out. The"
          + " traces of Azure",
      "and Mooncake are read as they are. Without --trace, requests are made up: --rate and"
          + " --requests."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nExit codes:%n",
    footer = {
      "  0  simulated",
      "  1  the config or the trace has errors",
      "",
      "Examples:",
      "  penstock simulate --config config/penstock.yaml --trace conv.csv",
      "  penstock simulate --trace conv.csv --speed 10 --replicas small=4",
      "  penstock simulate --trace conv.csv --replicas plan       as many as 'penstock plan' has",
      "  penstock simulate --trace conv.csv --autoscale --interruptions 0.05",
      "  penstock simulate --rate 20 --requests 100000 --mix simple=90%%,complex=10%%"
    })
final class SimulateCommand implements Callable<Integer> {
  private static final long FIRST_SEED = 1;

  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ConfigOption config = new ConfigOption();

  @Option(
      names = "--trace",
      paramLabel = "FILE",
      description = "Recorded requests: a file, or the directory of a gateway's traffic journal.")
  private @Nullable Path trace;

  @Option(
      names = "--speed",
      paramLabel = "N",
      description = "Divides the times between requests (${DEFAULT-VALUE}).")
  private double speed = 1;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description =
          "Of everything that is left to chance; the same seed, the same bytes"
              + " (${DEFAULT-VALUE}).")
  private long seed = FIRST_SEED;

  @Option(names = "--json", description = "Prints the result for programs.")
  private boolean json;

  @Option(
      names = "--replicas",
      paramLabel = "N|plan|POOL=N",
      description =
          "Replicas of every pool or of one, or 'plan': as many as the plan has for the"
              + " trace's busiest minute. Without it: one for each backend of the config.")
  private List<String> replicas = new ArrayList<>();

  @Option(
      names = "--routing",
      paramLabel = "HOW",
      description = "least-loaded or round-robin among a pool's replicas (least-loaded).")
  private String routing = "least-loaded";

  @Option(
      names = "--autoscale",
      description =
          "Replicas follow the load as the gateway's desired replicas do, within each"
              + " pool's min, max and scaling; a new one takes scaling.start.")
  private boolean autoscale;

  @Option(
      names = "--interruptions",
      paramLabel = "N",
      description =
          "How often an hour each replica is taken away, as spot machines are"
              + " (${DEFAULT-VALUE}).")
  private double interruptions;

  @Option(
      names = "--mix",
      paramLabel = "CLASS=SHARE",
      split = ",",
      description = "Complexities where the trace has none (simple=70%%,medium=20%%,complex=10%%).")
  private Map<String, String> mix = new LinkedHashMap<>();

  @Option(
      names = "--tiers",
      paramLabel = "TIER=SHARE",
      split = ",",
      description = "Tiers where the trace has none (all tiers of the config evenly).")
  private Map<String, String> tiers = new LinkedHashMap<>();

  @Option(
      names = "--rate",
      paramLabel = "N",
      description = "Made up: requests a second on average.")
  private double rate;

  @Option(
      names = "--pattern",
      paramLabel = "HOW",
      description =
          "Made up: poisson, bursts (every minute ten seconds at four times the rate) or"
              + " diurnal (poisson).")
  private Pattern pattern = Pattern.POISSON;

  @Option(
      names = "--requests",
      paramLabel = "N",
      description = "Made up: how many (${DEFAULT-VALUE}).")
  private int requests = 10_000;

  @Option(
      names = "--prompt-tokens",
      paramLabel = "N",
      description = "Made up: the mean of a log-normal (${DEFAULT-VALUE}).")
  private double promptTokens = 400;

  @Option(
      names = "--completion-tokens",
      paramLabel = "N",
      description = "Made up: the mean of a log-normal (${DEFAULT-VALUE}).")
  private double completionTokens = 250;

  private int withoutWork;

  @Override
  public Integer call() {
    refuseNonsense();
    var loaded = config();
    var rows = rows();
    var sharing =
        new TraceSharing(loaded, shares("--tiers", tiers, evenly(loaded)), complexities(), seed);
    var byPool = sharing.share(rows);
    var assumed = sharing.assumptions();
    if (withoutWork > 0) {
      assumed.add(
          withoutWork + " records without tokens are left out: no model server did anything");
    }
    var report = new SimulateReport(config.file().toString(), loaded.catalog(), assumed);
    try (var progress = new SimulateProgress(rows.size())) {
      byPool.forEach((name, part) -> {
        var pool = loaded.pools().get(name);
        if (pool != null && !part.isEmpty()) {
          simulate(loaded, pool, part, report, progress);
        }
      });
    }
    var out = spec.commandLine().getOut();
    if (json) {
      out.println(report.json().encodePrettily());
    } else {
      report.lines().forEach(out::println);
    }
    return 0;
  }

  private void simulate(
      PenstockConfig loaded,
      Pool pool,
      List<PoolRow> rows,
      SimulateReport report,
      SimulateProgress progress) {
    if (pool.capacity().isEmpty()) {
      report.add(pool, rows);
      progress.done(rows.size());
      return;
    }
    try {
      report.add(new PoolSimulation(loaded, pool, speed).run(rows, ask(pool), seed, progress::at));
    } catch (IllegalArgumentException refused) {
      throw Failure.no("pools." + pool.name() + ": " + refused.getMessage());
    }
    progress.done(rows.size());
  }

  private Ask ask(Pool pool) {
    return new Ask(
        replicas(pool),
        routing.equals("round-robin") ? Routing.ROUND_ROBIN : Routing.LEAST_LOADED,
        autoscale,
        interruptions);
  }

  // ---- what was asked

  private void refuseNonsense() {
    if (!(speed > 0 && speed < Double.POSITIVE_INFINITY)) {
      throw Failure.usage("--speed must be above 0, not " + speed);
    }
    if ((trace == null) == (rate == 0)) {
      throw Failure.usage("write either --trace FILE or --rate N; see 'penstock simulate --help'");
    }
    if (!(interruptions >= 0 && interruptions <= 1000)) {
      throw Failure.usage("--interruptions must be from 0 to 1000 an hour, not " + interruptions);
    }
    if (!List.of("least-loaded", "round-robin").contains(routing)) {
      throw Failure.usage("--routing is least-loaded or round-robin, not " + routing);
    }
    if (trace == null
        && (!(rate > 0 && rate < 1e9)
            || requests < 1
            || !(promptTokens >= 1)
            || !(completionTokens >= 1))) {
      throw Failure.usage("--rate, --requests and their tokens must be above 0");
    }
  }

  private PenstockConfig config() {
    return switch (config.load()) {
      case Loaded.Ok(var loaded, _) -> loaded;
      case Loaded.Invalid(var problems, _) -> throw Failure.no(ConfigOption.lines(problems));
    };
  }

  private List<TraceRow> rows() {
    if (trace == null) {
      return madeUp();
    }
    return switch (TraceFile.read(trace)) {
      case Trace.Ok(var rows, int leftOut) -> {
        withoutWork = leftOut;
        yield rows;
      }
      case Trace.Invalid(var problem) -> throw Failure.no(List.of(problem));
    };
  }

  private List<TraceRow> madeUp() {
    var calls =
        Arrivals.stream(
            seed,
            pattern,
            rate,
            requests,
            Length.logNormal(promptTokens, 1),
            Length.logNormal(completionTokens, 1));
    var rows = new ArrayList<TraceRow>(calls.size());
    int[] none = {};
    for (int i = 0; i < calls.size(); i++) {
      rows.add(
          new TraceRow(
              calls.atNanos(i),
              calls.promptTokens(i),
              calls.completionTokens(i),
              "",
              "",
              "",
              "",
              none));
    }
    return rows;
  }

  private Optional<Integer> replicas(Pool pool) {
    Optional<Integer> found = Optional.of(pool.backends().size()).filter(backends -> backends > 0);
    for (var each : replicas) {
      int equals = each.indexOf('=');
      if (equals < 0 || each.substring(0, equals).equals(pool.name())) {
        String value = each.substring(equals + 1);
        found = value.equals("plan") ? Optional.empty() : Optional.of(count(value));
      }
    }
    return found;
  }

  private static int count(String text) {
    try {
      int count = Integer.parseInt(text);
      if (count >= 1 && count <= 10_000) {
        return count;
      }
    } catch (NumberFormatException _) {
      // said below
    }
    throw Failure.usage("--replicas: write a number from 1 to 10000, plan, or POOL=N, not " + text);
  }

  private static Map<String, Double> evenly(PenstockConfig loaded) {
    var shares = new LinkedHashMap<String, Double>();
    loaded.tiers().keySet().forEach(tier -> shares.put(tier, 1.0 / loaded.tiers().size()));
    return shares;
  }

  private Map<String, Double> complexities() {
    var usual = new LinkedHashMap<String, Double>();
    usual.put("simple", 0.7);
    usual.put("medium", 0.2);
    usual.put("complex", 0.1);
    return shares("--mix", mix, usual);
  }

  private static Map<String, Double> shares(
      String option, Map<String, String> written, Map<String, Double> usual) {
    if (written.isEmpty()) {
      return usual;
    }
    var shares = new LinkedHashMap<String, Double>();
    written.forEach((name, text) -> {
      if (!usual.containsKey(name)) {
        throw Failure.usage(option + ": " + name + " is none of " + usual.keySet());
      }
      shares.put(name, TrafficOptions.share(option, text));
    });
    double sum = shares.values().stream().mapToDouble(each -> each).sum();
    if (Math.abs(sum - 1) > 1e-6) {
      throw Failure.usage(option + ": the shares must sum to 100%, not " + 100 * sum + "%");
    }
    return shares;
  }
}
