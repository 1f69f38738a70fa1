package io.penstock.gateway;

import io.penstock.config.ConfigFile;
import io.penstock.config.Loaded;
import io.penstock.config.PenstockConfig;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/** A gateway on free ports for a test, its one key, and an HTTP client. */
final class TestGateway implements AutoCloseable {
  static final String KEY = "sk-test-0123456789abcdef";
  static final Duration PATIENCE = Duration.ofSeconds(30);

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE).build();
  private final Vertx vertx;
  private final Gateway gateway;

  private TestGateway(Vertx vertx, Gateway gateway) {
    this.vertx = vertx;
    this.gateway = gateway;
  }

  /** A gateway whose config has these pools, and one tier that sends all to the pool p. */
  static TestGateway start(String pools) {
    return start(Gateway.vertx(1), config(pools));
  }

  /** One whose calls all meet on the same loop. */
  static TestGateway startOnOneLoop(String pools) {
    Vertx vertx = Gateway.vertx(1);
    PenstockConfig config = config(pools);
    Gateway.Options options =
        new Gateway.Options(false, () -> new Loaded.Ok(config, java.util.List.of()), 1);
    return new TestGateway(vertx, await(Gateway.start(vertx, config, options)));
  }

  static TestGateway start(Vertx vertx, PenstockConfig config) {
    return new TestGateway(
        vertx, await(Gateway.start(vertx, config, Gateway.Options.fixed(config))));
  }

  static PenstockConfig config(String pools) {
    return config("", "", pools);
  }

  /** With further keys of the two ports. */
  static PenstockConfig config(String server, String admin, String pools) {
    String yaml =
        """
        server: {host: 127.0.0.1, port: 0, drain-timeout: 2s%s}
        admin: {host: 127.0.0.1, port: 0%s}
        tiers:
          any:
            route: {simple: p, medium: p, complex: p}
            pools: [%s]
        keys:
          - {id: k, sha256: "%s", tier: any, tenant: t}
        pools:
        %s
        """
            .formatted(
                server,
                admin,
                pools.contains("\nq:") ? "p, q" : "p",
                sha256(KEY),
                pools.indent(2).stripTrailing());
    return switch (ConfigFile.parse("test.yaml", yaml, Path.of("."), System::getenv)) {
      case Loaded.Ok(var config, var _) -> config;
      case Loaded.Invalid(var problems, var _) -> throw new AssertionError(problems);
    };
  }

  /** The pool p with these backends and further keys. */
  static String pool(String name, String more, String... urls) {
    StringBuilder backends = new StringBuilder();
    for (int i = 0; i < urls.length; i++) {
      backends
          .append(i == 0 ? "" : ", ")
          .append("{id: %s-%d, url: \"%s\"}".formatted(name, i + 1, urls[i]));
    }
    return "%s: {model: llama-2-7b, context-length: 4096, backends: [%s]%s}\n"
        .formatted(name, backends, more.isEmpty() ? "" : ", " + more);
  }

  private static String sha256(String key) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.US_ASCII));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  static <T> T await(Future<T> future) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  /** Waits until it is so, by asking again and again. */
  static void until(BooleanSupplier so) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!so.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not so within " + PATIENCE);
      }
      java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
    }
  }

  Gateway gateway() {
    return gateway;
  }

  int port() {
    return gateway.port();
  }

  HttpClient client() {
    return client;
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
        .timeout(PATIENCE)
        .header("Authorization", "Bearer " + KEY)
        .header("Content-Type", "application/json");
  }

  HttpResponse<String> post(String path, String body) {
    return send(request(path).POST(HttpRequest.BodyPublishers.ofString(body)).build());
  }

  HttpResponse<String> chat(String body) {
    return post("/v1/chat/completions", body);
  }

  HttpResponse<String> send(HttpRequest request) {
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofString());
    } catch (java.io.IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** The sum of a metric's samples, of those with all these labels. */
  double metric(String name, String... labels) {
    double sum = 0;
    for (String line : gateway.controls().metrics().lines().toList()) {
      boolean named = line.startsWith(name + " ") || line.startsWith(name + "{");
      if (named && java.util.Arrays.stream(labels).allMatch(line::contains)) {
        sum += Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1));
      }
    }
    return sum;
  }

  /** Accepted = answered + refused + failed + cancelled, once nothing is in flight. */
  void requireNothingLost() {
    until(() -> metric("penstock_accepted_total") == metric("penstock_requests_total"));
    until(() -> metric("penstock_reservations_outstanding") == 0);
    until(() -> metric("penstock_inflight") == 0);
    if (metric("penstock_double_endings_total") != 0) {
      throw new AssertionError("a call ended twice");
    }
  }

  @Override
  public void close() {
    requireNothingLost();
    client.close();
    await(gateway.close());
    await(vertx.close());
  }
}
