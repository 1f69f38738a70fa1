package io.penstock.gateway.cli;

import io.penstock.config.measurements.Accuracy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The capacity model beside measurements. */
@Command(
    name = "accuracy",
    description = {
      "Predicts published measurements and prints how far off the capacity model is.",
      "Every measurement under a directory is predicted; the errors come by metric, source and GPU."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nExit codes:%n",
    footer = {
      "  0  done",
      "  3  the measurements cannot be read",
      "",
      "Example:",
      "  penstock accuracy --data measurements --json"
    })
final class AccuracyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      required = true,
      description = "Where the measurements are, in CSV.")
  private Path data = Path.of(".");

  @Option(
      names = "--fit",
      paramLabel = "DIR",
      description = "Fits the engines' parameters to the measurements there first.")
  private @Nullable Path fit;

  @Option(names = "--json", description = "Prints the errors for programs.")
  private boolean json;

  @Override
  public Integer call() {
    try {
      var report = Accuracy.run(data, Optional.ofNullable(fit));
      spec.commandLine().getOut().println(json ? report.json() : report.text());
      return 0;
    } catch (IOException e) {
      throw Failure.environment("the measurements cannot be read: " + e.getMessage());
    }
  }
}
