package io.penstock.gateway.cli;

import io.penstock.config.Loaded;
import io.penstock.config.PenstockConfig;
import io.penstock.gateway.report.ReportHtml;
import io.penstock.gateway.report.ReportJson;
import io.penstock.gateway.report.ReportText;
import io.penstock.gateway.report.Reporting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
    var usable =
        switch (config.load()) {
          case Loaded.Ok(var loaded, _) -> loaded;
          case Loaded.Invalid(var problems, _) -> throw Failure.no(ConfigOption.lines(problems));
        };
    say(read(usable).orElseThrow(() -> Failure.no("nothing was recorded in " + traffic)));
    return 0;
  }

  private Optional<Reporting.Made> read(PenstockConfig usable) {
    try {
      return Reporting.of(usable, traffic);
    } catch (IOException e) {
      throw Failure.environment("the records cannot be read: " + e.getMessage());
    }
  }

  private void say(Reporting.Made made) {
    var report = made.report();
    var out = spec.commandLine().getOut();
    if (made.firstBad() != null) {
      spec.commandLine()
          .getErr()
          .println("penstock: " + made.bad() + " lines were left out; " + made.firstBad());
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
}
