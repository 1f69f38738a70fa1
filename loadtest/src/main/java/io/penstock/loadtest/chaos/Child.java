package io.penstock.loadtest.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A process that runs one command and says {@code ready}. */
final class Child implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 60;
  private static final String END = "\0";

  private final Process process;
  private final BlockingQueue<String> out = new LinkedBlockingQueue<>();
  private final List<String> complaints = new CopyOnWriteArrayList<>();

  Child(Process process) {
    this.process = process;
    read(process.getInputStream(), out);
    read(process.getErrorStream(), null);
  }

  private void read(InputStream in, @Nullable BlockingQueue<String> to) {
    Thread.ofVirtual()
        .start(() -> {
          try (var reader = new BufferedReader(new InputStreamReader(in, UTF_8))) {
            reader
                .lines()
                .forEach(line -> {
                  if (to == null) {
                    complaints.add(line);
                  } else {
                    to.add(line);
                  }
                });
          } catch (IOException | UncheckedIOException _) {
            // It has ended, which END says.
          } finally {
            out.add(END);
          }
        });
  }

  /** What it printed before {@code ready}. */
  List<String> untilReady() throws InterruptedException, IOException {
    List<String> said = new ArrayList<>();
    while (true) {
      String line = out.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
      if (line == null || line.equals(END)) {
        throw new IOException("a process did not get ready: " + complaints);
      }
      if (line.equals("ready")) {
        return said;
      }
      said.add(line);
    }
  }

  /** The lines of its standard error so far. */
  List<String> complaints() {
    return List.copyOf(complaints);
  }

  boolean isAlive() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  /** Sends a signal by its name without {@code SIG}. */
  void signal(String name) throws IOException, InterruptedException {
    Shell.run("kill", "-" + name, String.valueOf(pid()));
  }

  /** Its resident memory in MiB. */
  long residentMib() throws IOException {
    try (var lines = Files.lines(Path.of("/proc", String.valueOf(pid()), "status"))) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) >> 10)
          .findFirst()
          .orElse(0);
    }
  }

  int openFiles() throws IOException {
    try (var files = Files.list(Path.of("/proc", String.valueOf(pid()), "fd"))) {
      return (int) files.count();
    }
  }

  int openFilesNow() {
    try {
      return openFiles();
    } catch (IOException gone) {
      throw new UncheckedIOException(gone);
    }
  }

  /** Kills it, and waits until it is gone. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
