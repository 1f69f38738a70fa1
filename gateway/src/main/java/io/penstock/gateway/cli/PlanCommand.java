package io.penstock.gateway.cli;

import io.penstock.config.Loaded;
import io.penstock.config.PenstockConfig;
import io.penstock.config.catalog.Catalog;
import io.penstock.config.scenario.Planned;
import io.penstock.config.scenario.Read;
import io.penstock.config.scenario.Scenario;
import io.penstock.config.scenario.ScenarioFile;
import io.penstock.config.scenario.ScenarioPlanner;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How many replicas, on what, at what cost; and what a document's figures are worth. */
@Command(
    name = "plan",
    description = {
      "Sizes every pool of a scenario or of a config.",
      "Says replicas, memory, latency, cost, what binds and what else was looked at. A scenario's"
          + " claims are held against the model and their own arithmetic."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nExit codes:%n",
    footer = {
      "  0  planned",
      "  1  no plan meets this, or the file has errors",
      "",
      "Examples:",
      "  penstock plan --scenario config/scenarios/001-1-support-chatbot.yaml",
      "  penstock plan --config config/penstock.yaml --rate 20 --average 5 --share small=70%%",
      "  penstock plan --audit"
    })
final class PlanCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ConfigOption config = new ConfigOption();

  @Option(names = "--scenario", paramLabel = "FILE", description = "A planning scenario, in YAML.")
  private @Nullable Path scenario;

  @Option(
      names = "--audit",
      description = "Plans every scenario of config/scenarios and prints all claims in one table.")
  private boolean audit;

  @Option(names = "--json", description = "Prints the plan for programs.")
  private boolean json;

  @Option(names = "--html", paramLabel = "FILE", description = "Writes one self-contained page.")
  private @Nullable Path html;

  @Option(names = "--explain", description = "Prints the formula behind every figure.")
  private boolean explain;

  @Option(
      names = "--simulate",
      description = "Tries the plan out: each pool's replicas at its peak, step by step.")
  private boolean simulate;

  @Mixin private TrafficOptions traffic = new TrafficOptions();

  @Override
  public Integer call() {
    if (audit && scenario != null) {
      throw Failure.usage("--audit plans every shipped scenario: leave --scenario out");
    }
    if ((audit || scenario != null) && traffic.given()) {
      throw Failure.usage("a scenario has its own traffic: leave the options for it out");
    }
    if (audit) {
      return audit(shipped().stream().map(PlanCommand::read).map(PlanCommand::plan).toList());
    }
    return say(plan(scenario != null ? read(scenario) : ofConfig()));
  }

  // ---- what is planned

  private static Planned plan(Scenario scenario) {
    try {
      return ScenarioPlanner.plan(scenario);
    } catch (IllegalArgumentException refused) {
      throw Failure.no(scenario.name() + ": " + refused.getMessage());
    }
  }

  private static Scenario read(Path file) {
    return switch (ScenarioFile.load(file, Catalog.shipped())) {
      case Read.Ok(var read) -> read;
      case Read.Invalid(var problems) -> throw Failure.no(ConfigOption.lines(problems));
    };
  }

  private Scenario ofConfig() {
    return switch (config.load()) {
      case Loaded.Ok(var loaded, _) -> ofConfig(loaded);
      case Loaded.Invalid(var problems, _) -> throw Failure.no(ConfigOption.lines(problems));
    };
  }

  private Scenario ofConfig(PenstockConfig loaded) {
    try {
      return traffic.scenario(config.file().toString(), loaded);
    } catch (IllegalArgumentException refused) {
      throw Failure.no(String.valueOf(refused.getMessage()));
    }
  }

  private static List<Path> shipped() {
    var usual = Path.of("config", "scenarios");
    var home = System.getProperty("penstock.home");
    var directory = Files.isDirectory(usual) || home == null ? usual : Path.of(home).resolve(usual);
    try (var files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    } catch (IOException _) {
      throw Failure.environment(directory + ": no scenarios are there");
    }
  }

  // ---- what is said

  private int say(Planned planned) {
    write(List.of(planned));
    var out = spec.commandLine().getOut();
    if (json) {
      var plan = PlanJson.of(planned);
      out.println(
          (simulate ? plan.put("simulated", PlanRehearsal.json(planned)) : plan).encodePrettily());
    } else {
      PlanText.of(planned, explain).forEach(out::println);
      (simulate ? PlanRehearsal.lines(planned) : List.<String>of()).forEach(out::println);
    }
    return planned.met() ? 0 : Failure.THE_ANSWER_IS_NO;
  }

  private int audit(List<Planned> all) {
    write(all);
    var out = spec.commandLine().getOut();
    if (json) {
      var array = new JsonArray();
      all.forEach(planned -> array.add(PlanJson.of(planned)));
      out.println(new JsonObject().put("scenarios", array).encodePrettily());
    } else {
      PlanText.audit(all).forEach(out::println);
    }
    return 0;
  }

  private void write(List<Planned> all) {
    if (html != null) {
      try {
        Files.writeString(html, PlanHtml.of(all));
      } catch (IOException unwritable) {
        throw Failure.environment(html + ": cannot be written: " + unwritable.getMessage());
      }
    }
  }
}
