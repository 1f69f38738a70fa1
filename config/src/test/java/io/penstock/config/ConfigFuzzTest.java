package io.penstock.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever becomes of a shipped file, reading it ends in a config or in lines that say why not. */
class ConfigFuzzTest {
  private static final List<String> VALUES =
      List.of(
          "",
          "null",
          "~",
          "0",
          "-1",
          "1e400",
          ".nan",
          "true",
          "[]",
          "{}",
          "[[]]",
          "{a: {b: c}}",
          "\"\"",
          "\" \"",
          "0s",
          "10m",
          "999999999d",
          "20/hour",
          "0/hour",
          "10MiB",
          "100%",
          "100.1%",
          "auto",
          "small",
          "*x",
          "&x y",
          "!!str 5",
          "!odd z",
          "|\n  text",
          "${HOME}",
          "${UNSET}",
          "${UNSET:-}",
          "${UNSET:-x}",
          "file:.",
          "file:/dev/null",
          "http://",
          "http://a b/",
          "https://u:p@h/v1",
          "\"\\u0000\"",
          "2026-01-01",
          "0x1F",
          "9223372036854775808",
          "ключ");
  private static final List<String> SNIPPETS =
      List.of(
          "{",
          "}",
          "[",
          "]",
          ":",
          ": ",
          "- ",
          "#",
          "\"",
          "'",
          "&a ",
          "*a",
          "\t",
          "\n",
          "\n---\n",
          "%",
          "!",
          "<<: ",
          "\u0000",
          "\uD83D\uDE00",
          "\uD83D",
          "? ",
          "${",
          "@",
          "`",
          "|",
          ">",
          ",");

  @ParameterizedTest
  @CsvSource({"penstock.yaml, 1", "penstock.yaml, 2", "demo.yaml, 3", "demo.yaml, 4"})
  void read_mutatedFile_alwaysAnswers(String file, long seed) {
    String shipped = Configs.shipped(file);
    var random = new SplittableRandom(seed);
    var environment = new HashMap<>(Configs.DEMO_ENVIRONMENT);
    environment.putAll(Map.of("HOME", "very-secret", "OPENAI_API_KEY", "very-secret"));
    int accepted = 0;
    int refused = 0;
    for (int i = 0; i < 600; i++) {
      String yaml = mutated(shipped, random);
      switch (Configs.read(yaml, environment)) {
        case Loaded.Ok ok -> {
          accepted++;
          assertThat(Schema.against(yaml)).as(yaml).isEmpty();
          assertThat(ok.config().pools()).isNotEmpty();
        }
        case Loaded.Invalid invalid -> {
          refused++;
          assertThat(invalid.problems())
              .as(yaml)
              .isNotEmpty()
              .allMatch(each -> isPlain(each, yaml));
        }
      }
    }
    assertThat(accepted).isPositive();
    assertThat(refused).isPositive();
  }

  /** Every value of a config that has every section, in turn, as a third of the odd ones. */
  @Test
  void read_anyValueAsAnother_isTaken_orAnErrorOfItsKeyAndLine() {
    List<String> leaves = new ArrayList<>();
    var found = VALUE.matcher(SchemaTest.LEAST);
    while (found.find()) {
      int every = 3;
      for (int i = found.start() % every; i < VALUES.size(); i += every) {
        String value = VALUES.get(i);
        String yaml =
            SchemaTest.LEAST.substring(0, found.start(2))
                + (value.contains("\n") ? "\"" + value.replace("\n", "\\n") + "\"" : value)
                + SchemaTest.LEAST.substring(found.end(2));
        if (Configs.read(yaml, Map.of("HOME", "very-secret")) instanceof Loaded.Invalid invalid) {
          leaves.add(found.group(1));
          assertThat(invalid.problems())
              .as(yaml)
              .isNotEmpty()
              .allMatch(each -> isPlain(each, yaml))
              .allMatch(each -> !each.path().isEmpty() || isTorn(each));
        }
      }
    }
    assertThat(leaves).hasSizeGreaterThan(100).contains("model", "sha256", "url");
  }

  private static final Pattern VALUE =
      Pattern.compile("\"([a-z0-9-]+)\": (\"[^\"]*\"|[0-9]+|\\[\"[^]]*\"]|\\{})");

  /** What is no YAML at all has a place, and no key. */
  private static boolean isTorn(ConfigProblem problem) {
    return problem.line() > 0 && problem.column() > 0;
  }

  /** On one line, in the file, and without the environment's secrets. */
  private static boolean isPlain(ConfigProblem problem, String yaml) {
    String line = problem.toString();
    return line.lines().count() == 1
        && line.length() < 1_000
        && !problem.message().isBlank()
        && problem.file().equals("penstock.yaml")
        && problem.line() >= (problem.path().isEmpty() ? 0 : 1)
        && problem.line() <= yaml.lines().count() + 1
        && !line.contains("very-secret");
  }

  private static String mutated(String yaml, SplittableRandom random) {
    String text = yaml;
    for (int i = random.nextInt(1, 4); i > 0; i--) {
      text =
          switch (random.nextInt(8)) {
            case 0 -> cut(text, random);
            case 1 -> insert(text, random);
            case 2 -> flip(text, random);
            case 3 -> text.substring(0, random.nextInt(text.length() + 1));
            default -> line(text, random);
          };
    }
    return text;
  }

  private static String cut(String text, SplittableRandom random) {
    int from = random.nextInt(text.length() + 1);
    return text.substring(0, from)
        + text.substring(Math.min(text.length(), from + random.nextInt(1, 20)));
  }

  private static String insert(String text, SplittableRandom random) {
    int at = random.nextInt(text.length() + 1);
    return text.substring(0, at) + pick(SNIPPETS, random) + text.substring(at);
  }

  private static String flip(String text, SplittableRandom random) {
    if (text.isEmpty()) {
      return text;
    }
    int at = random.nextInt(text.length());
    return text.substring(0, at) + (char) random.nextInt(1, 256) + text.substring(at + 1);
  }

  private static String line(String text, SplittableRandom random) {
    var lines = new ArrayList<>(text.lines().toList());
    if (lines.isEmpty()) {
      return text;
    }
    int at = random.nextInt(lines.size());
    switch (random.nextInt(5)) {
      case 0 -> lines.remove(at);
      case 1 -> lines.add(random.nextInt(lines.size()), lines.get(at));
      case 2 -> lines.set(at, " ".repeat(random.nextInt(5)) + lines.get(at).strip());
      case 3 -> lines.set(at, lines.get(at).replaceFirst(":[^:,{}]*$", ": " + quoted(random)));
      default ->
          lines.set(
              at, lines.get(at).replaceFirst(": ?[^:,{}]+([,}])", ": " + quoted(random) + "$1"));
    }
    return String.join("\n", lines);
  }

  private static String quoted(SplittableRandom random) {
    return java.util.regex.Matcher.quoteReplacement(pick(VALUES, random));
  }

  private static String pick(List<String> from, SplittableRandom random) {
    return from.get(random.nextInt(from.size()));
  }
}
