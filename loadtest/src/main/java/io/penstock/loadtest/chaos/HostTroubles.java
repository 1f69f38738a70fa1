package io.penstock.loadtest.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.penstock.loadtest.chaos.Stage.Setup;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** What goes wrong at the gateway's own machine. */
final class HostTroubles {
  /** Wall-clock time, moved by what a file says; the steady clock is left alone. */
  private static final String CLOCK =
      """
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <stdio.h>
      #include <stdlib.h>
      #include <sys/time.h>
      #include <time.h>

      static long offset(void) {
        long seconds = 0;
        const char *name = getenv("PENSTOCK_CLOCK");
        FILE *file = name ? fopen(name, "r") : NULL;
        if (file) {
          if (fscanf(file, "%ld", &seconds) != 1) seconds = 0;
          fclose(file);
        }
        return seconds;
      }

      int clock_gettime(clockid_t id, struct timespec *at) {
        static int (*real)(clockid_t, struct timespec *);
        if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
        int failed = real(id, at);
        if (!failed && id == CLOCK_REALTIME) at->tv_sec += offset();
        return failed;
      }
      """;

  private static final int BODIES = 60;
  private static final int BODY_BYTES = 30 << 20;

  private HostTroubles() {}

  static void clockJump(Stage stage) throws Exception {
    Skipped.unless(Shell.has("cc"), "there is no C compiler for the clock that jumps");
    Path source = Files.writeString(stage.folder().resolve("clock.c"), CLOCK);
    Path library = stage.folder().resolve("clock.so");
    Shell.run("cc", "-shared", "-fPIC", "-O1", "-o", library.toString(), source.toString(), "-ldl");
    Path offset = Files.writeString(stage.folder().resolve("clock"), "0\n");
    Map<String, String> environment =
        Map.of("LD_PRELOAD", library.toString(), "PENSTOCK_CLOCK", offset.toString());
    Path journal = stage.folder().resolve("clock-journal");
    healthy(
        stage,
        new Setup(
            Setup.USUAL.jvm(),
            environment,
            "",
            "traffic: {directory: \"" + journal + "\", fsync: 100ms}"));
    Instant before = Instant.now();
    stage.begins();
    Files.writeString(offset, "3600\n");
    Stage.hold(2000);
    long ahead = Duration.between(before, Stage.clock(journal)).toSeconds();
    stage.expect(ahead > 3000, "the gateway's clock did not jump");
    stage.note("its clock was " + ahead + " s ahead");
    Files.writeString(offset, "-3600\n");
    Stage.hold(2000);
    Files.writeString(offset, "0\n");
    stage.healed();
  }

  static void diskFull(Stage stage) throws Exception {
    Skipped.unless(Shell.isRoot(), "mounting a small disk needs root");
    Path disk = Files.createDirectories(stage.folder().resolve("disk"));
    try {
      Shell.run("mount", "-t", "tmpfs", "-o", "size=1m", "none", disk.toString());
    } catch (IOException refused) {
      throw new Skipped("a small disk cannot be mounted: " + refused.getMessage());
    }
    stage.closing(() -> Shell.run("umount", "-l", disk.toString()));
    healthy(
        stage,
        new Setup(
            Setup.USUAL.jvm(),
            Map.of(),
            "",
            "traffic: {directory: \"" + disk + "\", fsync: 100ms}"));
    Path ballast = disk.resolve("ballast");
    stage.begins();
    fill(ballast);
    Stage.hold(3000);
    Files.delete(ballast);
    stage.healed();
    Stage.hold(1500);
    String metrics = stage.metrics();
    stage.note(
        "journal records written %s, dropped %s"
            .formatted(
                Meters.sum(metrics, "penstock_journal_records_total", ""),
                Meters.sum(metrics, "penstock_journal_dropped_total", "")));
  }

  private static void fill(Path ballast) throws IOException {
    try (var out = Files.newOutputStream(ballast)) {
      byte[] block = new byte[4096];
      while (true) {
        out.write(block);
      }
    } catch (IOException full) {
      if (!String.valueOf(full.getMessage()).contains("No space")) {
        throw full;
      }
    }
  }

  static void noDescriptors(Stage stage) throws Exception {
    Skipped.unless(Shell.has("prlimit"), "prlimit is not installed");
    healthy(stage, Setup.USUAL);
    String pid = String.valueOf(stage.gateway().pid());
    int open = stage.gateway().openFiles();
    stage.begins();
    Shell.run("prlimit", "--pid", pid, "--nofile=" + (open - 12) + ":");
    Stage.hold(3000);
    Shell.run("prlimit", "--pid", pid, "--nofile=4096:");
    stage.healed();
    Stage.hold(1500);
  }

  static void memoryPressure(Stage stage) throws Exception {
    healthy(stage, Setup.USUAL);
    var told = new ConcurrentLinkedQueue<String>();
    List<Thread> clients = new ArrayList<>();
    stage.begins();
    for (int i = 0; i < BODIES; i++) {
      clients.add(Thread.ofVirtual().start(() -> told.add(upload(stage.client()))));
    }
    for (Thread client : clients) {
      client.join();
    }
    stage.healed();
    var counts = new TreeMap<String, Integer>();
    told.forEach(what -> counts.merge(what, 1, Integer::sum));
    stage.note("the large bodies were told " + counts);
    stage.note("the gateway's memory afterwards: " + stage.gateway().residentMib() + " MiB");
    stage.expect(
        counts.keySet().stream().allMatch(what -> what.startsWith("4") || what.startsWith("503")),
        "a large body was neither taken nor refused");
  }

  private static String upload(Client client) {
    byte[] filling = new byte[64 << 10];
    Arrays.fill(filling, (byte) 'a');
    String before = "{\"messages\":[{\"role\":\"user\",\"content\":\"";
    String after = "\"}]}";
    int blocks = BODY_BYTES / filling.length;
    long length = before.length() + after.length() + (long) blocks * filling.length;
    try (var socket = client.connect()) {
      var out = socket.getOutputStream();
      Thread sending =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  out.write((client.head(length) + before).getBytes(UTF_8));
                  for (int i = 0; i < blocks; i++) {
                    out.write(filling);
                  }
                  out.write(after.getBytes(UTF_8));
                } catch (IOException _) {
                  // It was refused while it was sent; the answer says so.
                }
              });
      var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
      String line = in.readLine();
      sending.join();
      return line == null ? "nothing" : line.substring("HTTP/1.1 ".length());
    } catch (IOException broken) {
      return broken.getClass().getSimpleName() + ' ' + broken.getMessage();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return "interrupted";
    }
  }

  /** Both servers are good. */
  static void healthy(Stage stage, Setup setup) throws Exception {
    int port = Stage.freePort();
    stage.modelServer(port);
    stage.open(Stage.url(port), setup);
    stage.warm();
  }
}
