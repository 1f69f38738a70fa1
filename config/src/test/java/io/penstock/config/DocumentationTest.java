package io.penstock.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/**
 * The tables of docs/configuration.md are the schema's words. {@code -Dpenstock.docs=write} writes
 * them anew.
 */
class DocumentationTest {
  private static final Path PAGE = Path.of("../docs/configuration.md");
  private static final Pattern TABLE =
      Pattern.compile("<!-- (values|keys(?: (\\S+))?) -->\n(.*?)<!-- end -->", Pattern.DOTALL);

  @Test
  void page_tables_areTheSchemas() throws IOException {
    String page = Files.readString(PAGE);
    String anew =
        TABLE.matcher(page).replaceAll(found -> Matcher.quoteReplacement(table(found.group(1))));
    if ("write".equals(System.getProperty("penstock.docs"))) {
      Files.writeString(PAGE, anew);
      return;
    }

    assertThat(page)
        .as("mvn -pl config -am test -Dtest=DocumentationTest -Dpenstock.docs=write mends it")
        .isEqualTo(anew);
  }

  @Test
  void page_hasATableForEverySection() throws IOException {
    var kinds = new ArrayList<String>();
    TABLE
        .matcher(Files.readString(PAGE))
        .results()
        .filter(found -> found.group(1).startsWith("keys"))
        .forEach(found -> kinds.add(found.group(2) == null ? "" : found.group(2)));

    assertThat(kinds).containsExactlyInAnyOrderElementsOf(Schema.sections().keySet());
  }

  @Test
  void page_yaml_loads() throws IOException {
    List<String> samples =
        Pattern.compile("```yaml\n(tiers:.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(PAGE))
            .results()
            .map(found -> found.group(1))
            .toList();

    assertThat(samples).isNotEmpty();
    for (String sample : samples) {
      Loaded loaded = Configs.read(sample, Map.of("MY_KEY_SHA256", "a".repeat(64)));
      assertThat(Configs.errors(loaded)).isEmpty();
      assertThat(Configs.warnings(loaded)).isEmpty();
      assertThat(Schema.against(sample)).isEmpty();
    }
  }

  @Test
  void page_ownCatalogue_isWhatItSays() throws IOException {
    String sample =
        Pattern.compile("```yaml\n(catalog:.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(PAGE))
            .results()
            .map(found -> found.group(1))
            .findFirst()
            .orElseThrow();
    String tiers =
        "tiers: {all: {route: {simple: a, medium: a, complex: a}}}\n"
            + "pools: {a: {model: our-8b, url: \"http://a\", capacity: {gpu: l4-24, engine:"
            + " our-vllm}}}\n";
    String yaml = tiers + sample;
    var loaded = Configs.read(yaml, Map.of());

    assertThat(Configs.errors(loaded)).isEmpty();
    assertThat(Schema.against(yaml)).isEmpty();
    var catalog = Configs.config(yaml).catalog();
    assertThat(catalog.gpus().get("l4").usdPerHour()).isEqualTo(0.55);
    assertThat(catalog.gpus().get("l4-24").memoryBytes()).isGreaterThan(24e9);
    assertThat(catalog.models().get("our-8b").contextTokens()).isEqualTo(32768);
    assertThat(catalog.engine("our-vllm", catalog.gpus().get("l4")).maxSequences()).isEqualTo(64);
    assertThat(catalog.prices().get("gpt-4o").price().output()).isEqualTo(8);
    assertThat(catalog.gpus().get("edge-1").peak().bits16()).isEqualTo(120e12);
  }

  private static String table(String what) {
    String rows =
        what.equals("values") ? values() : keys(what.equals("keys") ? "" : what.substring(5));
    return "<!-- " + what + " -->\n" + rows + "<!-- end -->";
  }

  private static String values() {
    return "| value | how it is written |\n| --- | --- |\n"
        + Schema.definitions().properties().stream()
            .filter(entry -> entry.getValue().has("pattern"))
            .map(entry ->
                "| %s | %s |\n"
                    .formatted(entry.getKey(), cell(text(entry.getValue(), "description"))))
            .collect(Collectors.joining());
  }

  private static String keys(String kind) {
    JsonNode section = Schema.sections().get(kind);
    assertThat(section).as("a section of the schema: " + kind).isNotNull();
    List<String> required =
        StreamSupport.stream(section.path("required").spliterator(), false)
            .map(JsonNode::asText)
            .toList();
    return "| key | value | default | meaning | example |\n| --- | --- | --- | --- | --- |\n"
        + section.get("properties").properties().stream()
            .map(property -> row(property.getKey(), property.getValue(), required))
            .collect(Collectors.joining());
  }

  private static String row(String key, JsonNode property, List<String> required) {
    String otherwise =
        property.has("default")
            ? code(property.get("default"))
            : required.contains(key) ? "**must be written**" : "";
    JsonNode example = property.path("examples").path(0);
    return "| `%s` | %s | %s | %s | %s |\n"
        .formatted(
            key,
            type(property),
            otherwise,
            cell(text(property, "description")),
            example.isMissingNode() ? "" : code(example));
  }

  private static String type(JsonNode property) {
    if (property.has("enum")) {
      return StreamSupport.stream(property.get("enum").spliterator(), false)
          .map(word -> "`" + word.asText() + "`")
          .collect(Collectors.joining(" "));
    }
    if (property.has("$ref")) {
      String name = property.get("$ref").asText().replaceFirst(".*/", "");
      return Schema.resolved(property).has("properties")
          ? "section"
          : name.replace("pool-name", "name");
    }
    return switch (property.path("type").asText()) {
      case "array" -> "list";
      case "object" -> property.has("properties") ? "section" : "by name";
      case "string" -> "text";
      case "integer" -> "whole number";
      case "boolean" -> "`true` `false`";
      default -> property.path("type").asText();
    };
  }

  /** A value as YAML would have it. */
  private static String code(JsonNode value) {
    return "`" + (value.isTextual() ? value.asText() : flow(value)) + "`";
  }

  private static String flow(JsonNode value) {
    if (value.isObject()) {
      return value.properties().stream()
          .map(entry -> entry.getKey() + ": " + flow(entry.getValue()))
          .collect(Collectors.joining(", ", "{", "}"));
    }
    if (value.isArray()) {
      return StreamSupport.stream(value.spliterator(), false)
          .map(DocumentationTest::flow)
          .collect(Collectors.joining(", ", "[", "]"));
    }
    boolean plain = value.asText().matches("[A-Za-z0-9._%-]+");
    return plain ? value.asText() : value.toString();
  }

  private static String cell(String text) {
    return text.replace("|", "\\|").replaceAll("(\\$\\{[^}]*})", "`$1`");
  }

  private static String text(JsonNode node, String key) {
    return node.path(key).asText();
  }
}
