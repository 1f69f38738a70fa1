package io.penstock.config;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * Reads a config from YAML. It throws nothing: whatever is wrong with the file is in the answer,
 * every error of it, each with its place.
 */
public final class ConfigFile {
  private ConfigFile() {}

  /**
   * Reads a file; {@code file:} secrets in it start from its directory.
   *
   * @param environment the value of a variable, null where it is not set; {@code System::getenv}
   */
  public static Loaded load(Path file, Function<String, @Nullable String> environment) {
    var problems = new Problems(file.toString());
    Path directory = Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(file);
    return contents(file, problems)
        .map(yaml ->
            parse(
                new Text(file.toString(), yaml, directory),
                environment,
                (_, _) -> {},
                TlsChecks::check))
        .orElseGet(() -> new Loaded.Invalid(problems.errors(), List.of()));
  }

  /**
   * Reads a text.
   *
   * @param name what problems call the file
   * @param baseDirectory where {@code file:} secrets start from
   * @param environment the value of a variable, null where it is not set
   */
  public static Loaded parse(
      String name,
      String yaml,
      Path baseDirectory,
      Function<String, @Nullable String> environment) {
    return parse(name, yaml, baseDirectory, environment, (_, _) -> {});
  }

  static Loaded parse(
      String name,
      String yaml,
      Path baseDirectory,
      Function<String, @Nullable String> environment,
      BiConsumer<String, Set<String>> keysSeen) {
    return parse(new Text(name, yaml, baseDirectory), environment, keysSeen, (_, _) -> {});
  }

  private record Text(String name, String yaml, Path base) {}

  /**
   * Reads a text.
   *
   * @param further what a config is asked beyond its own text
   */
  private static Loaded parse(
      Text text,
      Function<String, @Nullable String> environment,
      BiConsumer<String, Set<String>> keysSeen,
      BiConsumer<PenstockConfig, Problems> further) {
    var problems = new Problems(text.name());
    var reading = new Reading(problems, environment, text.base(), keysSeen);
    Optional<Node> root = new YamlText(text.name(), text.yaml(), problems).compose();
    Optional<PenstockConfig> config = root.flatMap(node -> ConfigBinding.bind(reading, node));
    config.ifPresent(read -> further.accept(read, problems));
    if (config.isEmpty() || !problems.none()) {
      return new Loaded.Invalid(problems.errors(), problems.warnings());
    }
    new Advice(config.get()).give(problems::warn);
    var plans = new PlanChecks(config.get().catalog(), problems::warn);
    config.get().pools().values().forEach(plans::check);
    return new Loaded.Ok(config.get(), problems.warnings());
  }

  /** What a file says; empty, and complained about, where it cannot be read. */
  static Optional<String> contents(Path file, Problems problems) {
    try {
      if (Files.isDirectory(file)) {
        problems.error("", "is a directory: name the file in it");
      } else if (!Files.exists(file)) {
        problems.error("", "no such file");
      } else {
        return Optional.of(utf8(file));
      }
    } catch (CharacterCodingException _) {
      problems.error("", "is not UTF-8: save it as UTF-8");
    } catch (IOException unreadable) {
      problems.error("", "cannot be read: " + unreadable.getMessage());
    }
    return Optional.empty();
  }

  /** No more of a file than a config may have: it may be a device or a pipe without end. */
  private static String utf8(Path file) throws IOException {
    try (var in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(YamlText.MAX_BYTES + 1);
      return bytes.length > YamlText.MAX_BYTES
          ? " ".repeat(bytes.length)
          : StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    }
  }
}
