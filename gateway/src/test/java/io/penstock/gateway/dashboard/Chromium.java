package io.penstock.gateway.dashboard;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A headless Chromium with a profile of its own, spoken to over its debugging protocol. */
final class Chromium implements AutoCloseable {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(60);
  private static final List<String> FLAGS =
      List.of(
          "--headless",
          "--no-sandbox",
          "--disable-gpu",
          "--disable-dev-shm-usage",
          "--disable-quic",
          "--no-first-run",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
          "--disable-extensions",
          "--force-color-profile=srgb",
          "--hide-scrollbars",
          "--remote-debugging-port=0");

  private final Path profile;
  private final Process process;
  private final HttpClient http = HttpClient.newHttpClient();
  private final int port;

  private Chromium(Path profile, Process process, int port) {
    this.profile = profile;
    this.process = process;
    this.port = port;
  }

  static Chromium start() throws IOException {
    var profile = Files.createTempDirectory("chromium");
    var command = new java.util.ArrayList<String>();
    command.add("chromium");
    command.addAll(FLAGS);
    command.add("--user-data-dir=" + profile);
    command.add("about:blank");
    var process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      return new Chromium(profile, process, port(profile, process));
    } catch (IOException | RuntimeException | AssertionError failure) {
      process.destroyForcibly();
      throw failure;
    }
  }

  /** Chromium writes its port into its profile once it listens. */
  private static int port(Path profile, Process process) throws IOException {
    var file = profile.resolve("DevToolsActivePort");
    long until = System.nanoTime() + PATIENCE_NANOS;
    while (System.nanoTime() < until && process.isAlive()) {
      var lines = Files.exists(file) ? Files.readAllLines(file) : List.<String>of();
      if (lines.size() >= 2) {
        return Integer.parseInt(lines.getFirst());
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
    }
    throw new AssertionError("chromium does not listen");
  }

  /** A new tab of that size. */
  Page open(int width, int height) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json/new?about:blank"))
            .PUT(HttpRequest.BodyPublishers.noBody())
            .build();
    var target = new JsonObject(http.send(request, BodyHandlers.ofString()).body());
    return Page.open(http, URI.create(target.getString("webSocketDebuggerUrl")), width, height);
  }

  @Override
  public void close() throws Exception {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().waitFor(30, TimeUnit.SECONDS);
    http.shutdownNow();
    try (var files = Files.walk(profile)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
  }
}
