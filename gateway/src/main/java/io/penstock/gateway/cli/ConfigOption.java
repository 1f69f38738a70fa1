package io.penstock.gateway.cli;

import io.penstock.config.ConfigFile;
import io.penstock.config.ConfigProblem;
import io.penstock.config.Loaded;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --config}, and what a file that is not named means. */
final class ConfigOption {
  private static final Path USUAL = Path.of("config", "penstock.yaml");

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = {
        "The config, in YAML. Without it: config/penstock.yaml in the working directory, else the"
            + " one that",
        "the project ships."
      })
  private @Nullable Path file;

  /** The file that is meant. */
  Path file() {
    if (file != null) {
      return file;
    }
    var home = System.getProperty("penstock.home");
    return Files.exists(USUAL) || home == null ? USUAL : Path.of(home).resolve(USUAL);
  }

  Loaded load() {
    return ConfigFile.load(file(), System::getenv);
  }

  static List<String> lines(List<ConfigProblem> problems) {
    return problems.stream().map(ConfigProblem::toString).toList();
  }

  static List<String> warningLines(List<ConfigProblem> warnings) {
    return warnings.stream().map(warning -> "warning: " + warning).toList();
  }
}
