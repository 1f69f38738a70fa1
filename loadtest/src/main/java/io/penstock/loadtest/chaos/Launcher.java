package io.penstock.loadtest.chaos;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How a command of Penstock's becomes a process of its own.
 *
 * @param java the JVM and the options that every child gets
 * @param program what follows the options: the jar, or the class path and the main class
 * @param folder where files that a fault needs are written
 */
public record Launcher(List<String> java, List<String> program, Path folder) {

  public Launcher {
    java = List.copyOf(java);
    program = List.copyOf(program);
  }

  Child start(Map<String, String> environment, List<String> options, List<String> arguments)
      throws IOException {
    List<String> command = new ArrayList<>(java);
    command.addAll(options);
    command.addAll(program);
    command.addAll(arguments);
    var builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    return new Child(builder.start());
  }
}
