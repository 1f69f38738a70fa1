package io.penstock.gateway.deploy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** The files of {@code deploy/}, and the programs that read them. */
final class Deploy {
  static final Path DIRECTORY = directory();

  private Deploy() {}

  private static Path directory() {
    var here = Path.of("").toAbsolutePath();
    return Stream.of(here, here.getParent())
        .map(each -> each.resolve("deploy"))
        .filter(Files::isDirectory)
        .findFirst()
        .orElseThrow();
  }

  static List<Map<String, Object>> documents(Path file) throws IOException {
    var load = new Load(LoadSettings.builder().setAllowDuplicateKeys(false).build());
    return StreamSupport.stream(load.loadAllFromString(Files.readString(file)).spliterator(), false)
        .map(Deploy::map)
        .toList();
  }

  static Map<String, Object> map(Object value) {
    @SuppressWarnings("unchecked")
    var map = (Map<String, Object>) value;
    return map;
  }

  static List<Map<String, Object>> list(Object value) {
    @SuppressWarnings("unchecked")
    var list = (List<Map<String, Object>>) value;
    return list;
  }

  /** Runs a program in a directory; what it said, and its exit code. */
  static Said run(Path in, String... command) throws Exception {
    var process =
        new ProcessBuilder(command).directory(in.toFile()).redirectErrorStream(true).start();
    var text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Said(process.waitFor(), text);
  }

  record Said(int code, String text) {}
}
