package io.penstock.gateway.cli;

import io.penstock.config.Loaded;
import io.penstock.config.PenstockConfig;
import io.penstock.gateway.Gateway;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The gateway. */
@Command(
    name = "serve",
    description = {
      "Runs the gateway. Prints its URLs, then 'ready' when it takes requests.",
      "SIGHUP reads the config again (an error keeps the old one); SIGTERM lets calls in flight"
          + " finish."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nExit codes:%n",
    footer = {
      "  0  ended by SIGTERM or SIGINT, after draining",
      "  1  the config has errors; each is printed with its file, line and path",
      "  3  a port is in use",
      "",
      "Examples:",
      "  penstock serve --config config/penstock.yaml",
      "  penstock serve --port 0 --dry-run     decides and prices every request, calls no model"
          + " server"
    })
final class ServeCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ConfigOption config = new ConfigOption();
  @Mixin private PortOptions ports = new PortOptions();

  @Option(
      names = "--dry-run",
      description = "Answers every request with its decision and cost, and calls no model server.")
  private boolean dryRun;

  @Override
  public Integer call() throws InterruptedException {
    var lifetime = Lifetime.untilTerminated();
    var loaded = read();
    var err = spec.commandLine().getErr();
    return switch (loaded) {
      case Loaded.Invalid(var errors, var warnings) -> {
        ConfigOption.warningLines(warnings).forEach(err::println);
        throw Failure.no(ConfigOption.lines(errors));
      }
      case Loaded.Ok(var usable, var warnings) -> {
        ConfigOption.warningLines(warnings).forEach(err::println);
        serve(usable, lifetime);
        yield 0;
      }
    };
  }

  private void serve(PenstockConfig usable, Lifetime lifetime) throws InterruptedException {
    var out = spec.commandLine().getOut();
    var err = spec.commandLine().getErr();
    var options = new Gateway.Options(dryRun, this::read);
    var serving = Serving.start(Serving.loops(), usable, options);
    Signals.on("HUP", () -> serving.reload(err));
    out.println("gateway " + serving.url());
    out.println("admin " + serving.adminUrl());
    out.println("ready");
    lifetime.await(Duration.ZERO);
    serving.end();
  }

  private Loaded read() {
    return switch (config.load()) {
      case Loaded.Ok(var usable, var warnings) -> new Loaded.Ok(ports.over(usable), warnings);
      case Loaded.Invalid invalid -> invalid;
    };
  }
}
