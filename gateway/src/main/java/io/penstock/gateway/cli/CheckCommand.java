package io.penstock.gateway.cli;

import io.penstock.config.ConfigProblem;
import io.penstock.config.Loaded;
import io.penstock.config.PenstockConfig;
import io.penstock.config.TlsChecks;
import io.penstock.config.TlsPair;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says all that is wrong with a config, or that deserves a second look. */
@Command(
    name = "check",
    description = {
      "Validates a config and prints every error and every warning.",
      "A line each:",
      "FILE:LINE:COLUMN: PATH: what is wrong and what to write instead."
    },
    mixinStandardHelpOptions = true,
    footerHeading = "%nExit codes:%n",
    footer = {
      "  0  no errors (warnings there may be)",
      "  1  errors",
      "",
      "Example:",
      "  penstock check --config config/penstock.yaml"
    })
final class CheckCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();
  @Mixin private ConfigOption config = new ConfigOption();

  @Option(
      names = "--json",
      description =
          "Prints {\"ok\":BOOL,\"errors\":[{file,line,column,path,message}],\"warnings\":[...]}.")
  private boolean json;

  @Override
  public Integer call() {
    return switch (config.load()) {
      case Loaded.Ok(var usable, var warnings) -> {
        int code = say(List.of(), warnings);
        if (!json) {
          certificates(usable);
        }
        yield code;
      }
      case Loaded.Invalid(var errors, var warnings) -> say(errors, warnings);
    };
  }

  /** Until when each port's certificate is taken. */
  private void certificates(PenstockConfig usable) {
    TlsChecks.ports(usable)
        .forEach((port, tls) -> {
          if (TlsPair.read(tls) instanceof TlsPair.Usable pair) {
            spec.commandLine()
                .getOut()
                .println(
                    port
                        + ".tls: the certificate of "
                        + pair.subject()
                        + " "
                        + TlsChecks.untilWhen(pair));
          }
        });
  }

  private int say(List<ConfigProblem> errors, List<ConfigProblem> warnings) {
    if (json) {
      spec.commandLine().getOut().println(json(errors, warnings).encodePrettily());
    } else {
      var err = spec.commandLine().getErr();
      ConfigOption.lines(errors).forEach(err::println);
      ConfigOption.warningLines(warnings).forEach(err::println);
      spec.commandLine().getOut().println(summary(config.file(), errors.size(), warnings.size()));
    }
    return errors.isEmpty() ? 0 : Failure.THE_ANSWER_IS_NO;
  }

  private static String summary(Path file, int errors, int warnings) {
    return file + ": " + counted(errors, "error") + ", " + counted(warnings, "warning");
  }

  private static String counted(int count, String noun) {
    return count + " " + noun + (count == 1 ? "" : "s");
  }

  private static JsonObject json(List<ConfigProblem> errors, List<ConfigProblem> warnings) {
    return new JsonObject()
        .put("ok", errors.isEmpty())
        .put("errors", json(errors))
        .put("warnings", json(warnings));
  }

  private static JsonArray json(List<ConfigProblem> problems) {
    var array = new JsonArray();
    for (var problem : problems) {
      array.add(
          new JsonObject()
              .put("file", problem.file())
              .put("line", problem.line())
              .put("column", problem.column())
              .put("path", problem.path())
              .put("message", problem.message()));
    }
    return array;
  }
}
