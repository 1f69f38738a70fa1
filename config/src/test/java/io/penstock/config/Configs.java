package io.penstock.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Texts that tests start from, and how they are read. */
final class Configs {
  static final Map<String, String> DEMO_ENVIRONMENT =
      Map.of(
          "PENSTOCK_DEMO_SMALL_1", "http://127.0.0.1:8001",
          "PENSTOCK_DEMO_SMALL_2", "http://127.0.0.1:8002",
          "PENSTOCK_DEMO_MEDIUM_1", "http://127.0.0.1:8003",
          "PENSTOCK_DEMO_MEDIUM_2", "http://127.0.0.1:8004",
          "PENSTOCK_DEMO_LARGE", "http://127.0.0.1:8005",
          "PENSTOCK_DEMO_LARGE_KEY", "demo-upstream-credential",
          "PENSTOCK_DEMO_FREE_SHA256", "a".repeat(64),
          "PENSTOCK_DEMO_PAID_SHA256", "b".repeat(64),
          "PENSTOCK_DEMO_ENTERPRISE_SHA256", "c".repeat(64));

  private Configs() {}

  /** A file of this module, as an operator sees it. */
  static String shipped(String file) {
    try {
      return Files.readString(Path.of(file));
    } catch (IOException missing) {
      throw new UncheckedIOException(missing);
    }
  }

  static Loaded read(String yaml) {
    return read(yaml, Map.of());
  }

  static Loaded read(String yaml, Map<String, String> environment) {
    return ConfigFile.parse("penstock.yaml", yaml, Path.of("."), environment::get);
  }

  static PenstockConfig config(String yaml) {
    return config(read(yaml));
  }

  static PenstockConfig config(Loaded loaded) {
    assertThat(loaded).isInstanceOf(Loaded.Ok.class);
    return ((Loaded.Ok) loaded).config();
  }

  /** Every error as it is printed, without the file's name. */
  static List<String> errors(Loaded loaded) {
    return loaded instanceof Loaded.Invalid invalid ? lines(invalid.problems()) : List.of();
  }

  static List<String> warnings(Loaded loaded) {
    return lines(loaded.warnings());
  }

  private static List<String> lines(List<ConfigProblem> problems) {
    return problems.stream()
        .map(problem -> problem.toString().replace("penstock.yaml:", ""))
        .toList();
  }
}
