package io.penstock.gateway.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.RawServer;
import io.penstock.gateway.cli.Penstocked;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two gateways behind a real HAProxy, restarted one after the other while streams run. */
final class RollingRestartTest {
  private static final int STREAMS = 30;
  private static final String KEY = "sk-test-rolling-restart";
  private static final String TOKEN =
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
  private static final String END =
      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
          + "data: [DONE]\n\n";
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @TempDir private Path folder;
  private final int[] ports = IntStream.range(0, 6).map(_ -> freePort()).toArray();
  private final AtomicBoolean over = new AtomicBoolean();
  private final AtomicInteger answered = new AtomicInteger();

  @Test
  void rollingRestart_ofTwoGateways_losesNoStream() throws Exception {
    CountDownLatch paced = new CountDownLatch(1);
    try (RawServer model =
            RawServer.start(exchange -> {
              exchange.events(TOKEN);
              // A stream of half a second, whatever the test does meanwhile.
              var _ = paced.await(500, TimeUnit.MILLISECONDS);
              exchange.chunk(END);
              exchange.lastChunk();
            });
        Running gateways = new Running(start(0, model), start(1, model))) {
      Process haproxy = haproxy();
      try {
        until(() -> isIn(0) && isIn(1));
        var clients =
            IntStream.range(0, STREAMS)
                .mapToObj(_ -> CompletableFuture.runAsync(this::ask, Thread::startVirtualThread))
                .toArray(CompletableFuture<?>[]::new);

        for (int i = 0; i < 2; i++) {
          int before = answered.get();
          until(() -> answered.get() > before + STREAMS);
          assertThat(gateways.terminate(i)).isZero();
          gateways.put(i, start(i, model));
          int which = i;
          until(() -> isIn(which));
        }
        over.set(true);

        CompletableFuture.allOf(clients).join();
      } finally {
        haproxy.destroyForcibly();
      }
    }
  }

  /** One stream after the other; each must come whole. */
  private void ask() {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + ports[4] + "/v1/chat/completions"))
            .timeout(Duration.ofSeconds(60))
            .header("Authorization", "Bearer " + KEY)
            .POST(
                BodyPublishers.ofString(
                    "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"))
            .build();
    try {
      while (!over.get()) {
        var answer = HTTP.send(request, BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(TOKEN + END);
        answered.incrementAndGet();
      }
    } catch (IOException | InterruptedException lost) {
      throw new AssertionError(lost);
    }
  }

  private Penstocked start(int which, RawServer model) throws Exception {
    String hash =
        HexFormat.of()
            .formatHex(
                MessageDigest.getInstance("SHA-256").digest(KEY.getBytes(StandardCharsets.UTF_8)));
    Path config =
        Files.writeString(
            folder.resolve("penstock" + which + ".yaml"),
            """
            server: {host: 127.0.0.1, port: %d, drain-delay: 4s}
            admin: {port: %d}
            tiers: {all: {route: {simple: p, medium: p, complex: p}}}
            keys: [{id: k, sha256: "%s", tier: all, tenant: t}]
            pools: {p: {model: llama-2-7b, backends: [{id: p-1, url: "%s"}]}}
            """
                .formatted(ports[which], ports[2 + which], hash, model.url()));
    Penstocked gateway = Penstocked.start(Map.of(), "serve", "--config", config.toString());
    gateway.untilReady();
    return gateway;
  }

  private Process haproxy() throws IOException {
    Path config =
        Files.writeString(
            folder.resolve("haproxy.cfg"),
            """
            defaults
              mode http
              retries 0
              timeout connect 10s
              timeout client 60s
              timeout server 60s
              timeout check 10s
            frontend in
              bind 127.0.0.1:%d
              default_backend gateways
            frontend state
              bind 127.0.0.1:%d
              stats enable
              stats uri /stats
            backend gateways
              balance leastconn
              option httpchk GET /ready
              default-server check inter 100ms fall 1 rise 1
              server g0 127.0.0.1:%d port %d
              server g1 127.0.0.1:%d port %d
            """
                .formatted(ports[4], ports[5], ports[0], ports[2], ports[1], ports[3]));
    return new ProcessBuilder("haproxy", "-f", config.toString())
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** Whether HAProxy sends requests there, by its own word. */
  private boolean isIn(int which) {
    var stats = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + ports[5] + "/stats;csv"));
    try {
      return HTTP.send(stats.build(), BodyHandlers.ofString())
          .body()
          .lines()
          .anyMatch(line ->
              line.startsWith("gateways,g" + which + ",")
                  && List.of(line.split(",", -1)).contains("UP"));
    } catch (IOException | InterruptedException notYet) {
      return false;
    }
  }

  private static void until(BooleanSupplier so) {
    long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!so.getAsBoolean()) {
      assertThat(System.nanoTime()).as("so within a minute").isLessThan(deadline);
      LockSupport.parkNanos(20_000_000);
    }
  }

  private static int freePort() {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException none) {
      throw new AssertionError(none);
    }
  }

  /** The two gateways that run now. */
  private static final class Running implements AutoCloseable {
    private final Penstocked[] gateways;

    Running(Penstocked... gateways) {
      this.gateways = gateways;
    }

    /** SIGTERM; how the process ended. */
    int terminate(int which) throws IOException, InterruptedException {
      gateways[which].signal("TERM");
      return gateways[which].code();
    }

    void put(int which, Penstocked gateway) {
      gateways[which] = gateway;
    }

    @Override
    public void close() {
      for (Penstocked gateway : gateways) {
        gateway.close();
      }
    }
  }
}
