package io.penstock.gateway.cli;

import io.penstock.loadtest.chaos.Chaos;
import io.penstock.loadtest.chaos.Launcher;
import io.penstock.loadtest.chaos.Outcome;
import io.penstock.loadtest.chaos.Trouble;
import io.vertx.core.json.JsonArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The suite of faults. */
@Command(
    name = "chaos",
    description = {
      "Runs faults, one after the other: a gateway and two simulated model servers, each in a"
          + " process of its own,",
      "six clients that stream, and something that goes wrong. Prints what the clients saw, what"
          + " was lost and how",
      "long it took; afterwards every call must be counted and none held."
    },
    mixinStandardHelpOptions = true)
final class ChaosCommand implements Callable<Integer> {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--only",
      paramLabel = "NAME",
      converter = TroubleConverter.class,
      description = "This fault, of those below; may be repeated. All without it.")
  private List<Trouble> only = new ArrayList<>();

  @Option(names = "--json", description = "Prints JSON.")
  private boolean json;

  @Option(
      names = "--markdown",
      paramLabel = "FILE",
      description = "Writes the table of docs/operations.md there.")
  private @Nullable Path markdown;

  @Override
  public Integer call() throws IOException, InterruptedException {
    var out = spec.commandLine().getOut();
    Path folder = Files.createTempDirectory("penstock-chaos");
    try {
      List<Trouble> troubles = only.isEmpty() ? List.of(Trouble.values()) : only;
      List<Outcome> outcomes =
          new Chaos(launcher(folder))
              .run(
                  troubles,
                  outcome -> {
                    if (!json) {
                      out.print(outcome.text());
                      out.flush();
                    }
                  });
      if (json) {
        var all = new JsonArray();
        outcomes.forEach(outcome -> all.add(outcome.json()));
        out.println(all.encodePrettily());
      }
      if (markdown != null) {
        Files.writeString(markdown, Outcome.markdown(outcomes));
      }
      return outcomes.stream().allMatch(Outcome::good) ? 0 : Failure.THE_ANSWER_IS_NO;
    } finally {
      delete(folder);
    }
  }

  /** The program that runs here, once more. */
  private static Launcher launcher(Path folder) {
    return new Launcher(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow"),
        List.of("-cp", System.getProperty("java.class.path"), "io.penstock.gateway.Main"),
        folder);
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** The faults, for the help. */
  static String[] footer() {
    return Stream.concat(
            Stream.of("", "Faults:"),
            Stream.of(Trouble.values())
                .map(trouble -> "  %-22s %s".formatted(trouble.label(), trouble.about())))
        .toArray(String[]::new);
  }

  /** One {@code --only}. */
  static final class TroubleConverter implements ITypeConverter<Trouble> {
    @Override
    public Trouble convert(String label) {
      try {
        return Trouble.parse(label);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }
}
