package io.penstock.gateway.cli;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** A process of its own that runs one command of the command line. */
public final class Penstocked implements AutoCloseable {
  private static final String END = "\u0000";
  private static final long PATIENCE_SECONDS = 60;

  private final Process process;
  private final BlockingQueue<String> out;
  private final BlockingQueue<String> err;

  private Penstocked(Process process) {
    this.process = process;
    this.out = lines(process.getInputStream());
    this.err = lines(process.getErrorStream());
  }

  public static Penstocked start(Map<String, String> environment, String... arguments)
      throws IOException {
    return start(classPath(), environment, arguments);
  }

  /**
   * With its classes in jars, as they are when it is installed: a class is then no file to open.
   */
  static Penstocked packed(Path folder, String... arguments) throws IOException {
    List<String> path = new ArrayList<>();
    for (String entry : classPath().split(File.pathSeparator)) {
      Path at = Path.of(entry);
      path.add(Files.isDirectory(at) ? jar(at, folder, path.size()).toString() : entry);
    }
    return start(String.join(File.pathSeparator, path), Map.of(), arguments);
  }

  private static Path jar(Path classes, Path folder, int number) throws IOException {
    Path jar = folder.resolve(number + ".jar");
    try (var out = new ZipOutputStream(Files.newOutputStream(jar));
        var files = Files.walk(classes)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        out.putNextEntry(new ZipEntry(classes.relativize(file).toString()));
        Files.copy(file, out);
      }
    }
    return jar;
  }

  private static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  private static Penstocked start(
      String classPath, Map<String, String> environment, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                classPath,
                "io.penstock.gateway.Main"));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    return new Penstocked(builder.start());
  }

  private static BlockingQueue<String> lines(InputStream in) {
    BlockingQueue<String> lines = new LinkedBlockingQueue<>();
    Thread.ofVirtual()
        .start(() -> {
          try (var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
            reader.lines().forEach(lines::add);
          } catch (IOException | UncheckedIOException closed) {
            lines.add("closed: " + closed.getMessage());
          } finally {
            lines.add(END);
          }
        });
    return lines;
  }

  /** The lines of standard output up to {@code ready}, it included. */
  public List<String> untilReady() throws InterruptedException {
    List<String> said = new ArrayList<>();
    while (said.isEmpty() || !said.getLast().equals("ready")) {
      said.add(next(out));
    }
    return said;
  }

  /** The next line of standard error that contains a text; those before it are passed over. */
  String complaint(String text) throws InterruptedException {
    String line = next(err);
    while (!line.contains(text)) {
      line = next(err);
    }
    return line;
  }

  private String next(BlockingQueue<String> lines) throws InterruptedException {
    var line = lines.poll(PATIENCE_SECONDS, SECONDS);
    if (line == null || line.equals(END)) {
      throw new AssertionError((line == null ? "nothing more" : "it ended") + "; it said " + err);
    }
    return Objects.requireNonNull(line);
  }

  /** Sends a signal by its name without {@code SIG}. */
  public void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start().waitFor();
  }

  /** Lets it have no more files and connections open than it has now. */
  void keepToItsDescriptors() throws IOException, InterruptedException {
    long open;
    try (var descriptors = Files.list(Path.of("/proc", String.valueOf(process.pid()), "fd"))) {
      open = descriptors.count();
    }
    int code =
        new ProcessBuilder("prlimit", "--nofile=" + open + ":", "--pid", "" + process.pid())
            .inheritIO()
            .start()
            .waitFor();
    if (code != 0) {
      throw new AssertionError("prlimit: " + code);
    }
  }

  /** Its exit code, once it has ended by itself. */
  public int code() throws InterruptedException {
    if (!process.waitFor(PATIENCE_SECONDS, SECONDS)) {
      throw new AssertionError("it does not end");
    }
    return process.exitValue();
  }

  /** All of standard output that was not read yet, once it has ended. */
  List<String> restOfOut() throws InterruptedException {
    return rest(out);
  }

  /**
   * All of standard error that was not read yet, once it has ended; without the notice of a library
   * that only the tests' class path has.
   */
  List<String> restOfErr() throws InterruptedException {
    return rest(err).stream().filter(line -> !line.startsWith("SLF4J: ")).toList();
  }

  private List<String> rest(BlockingQueue<String> lines) throws InterruptedException {
    List<String> rest = new ArrayList<>();
    for (var line = lines.poll(PATIENCE_SECONDS, SECONDS);
        line != null && !line.equals(END);
        line = lines.poll(PATIENCE_SECONDS, SECONDS)) {
      rest.add(line);
    }
    return rest;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
