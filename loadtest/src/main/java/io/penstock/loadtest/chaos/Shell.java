package io.penstock.loadtest.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Commands of the operating system that a fault needs. */
final class Shell {
  private Shell() {}

  /** Runs it, and fails where it does. */
  static void run(String... command) throws IOException, InterruptedException {
    var process = new ProcessBuilder(command).redirectErrorStream(true).start();
    var said = new String(process.getInputStream().readAllBytes(), UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(Arrays.toString(command) + ": " + said.strip());
    }
  }

  static boolean has(String program) {
    return Arrays.stream(String.valueOf(System.getenv("PATH")).split(":"))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }
}
