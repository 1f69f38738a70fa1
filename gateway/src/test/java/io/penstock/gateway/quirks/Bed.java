package io.penstock.gateway.quirks;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.PenstockConfig;
import io.penstock.gateway.Gateway;
import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.TestBed;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A gateway in front of whatever a test puts behind its pools, and what it counted. */
public final class Bed implements AutoCloseable {
  public static final String KEY = "sk-quirks-0123456789";

  /** A key with one request an hour. */
  public static final String TIGHT_KEY = "sk-tight-0123456789";

  public static final String CHAT = "/v1/chat/completions";

  private final Vertx vertx;
  private final Gateway gateway;

  /** The metrics after the last question, until another client comes. */
  private @Nullable String lastSettled;

  private Bed(Vertx vertx, Gateway gateway) {
    this.vertx = vertx;
    this.gateway = gateway;
  }

  /** A gateway with these pools; the first one is where {@code auto} goes. */
  public static Bed start(String... pools) throws Exception {
    List<String> names = new ArrayList<>();
    var lines = new StringBuilder();
    for (var pool : pools) {
      names.add(pool.substring(0, pool.indexOf(':')));
      lines.append("  ").append(pool).append('\n');
    }
    String yaml =
        """
        server: {host: 127.0.0.1, port: 0, drain-timeout: 5s}
        admin: {host: 127.0.0.1, port: 0}
        tiers:
          any:
            limits: {requests: 1000000/hour, tokens: 100000000/hour, concurrency: 5000}
            route: {simple: @first, medium: @first, complex: @first}
            pools: [@all]
          tight:
            limits: {requests: 1/hour}
            route: {simple: @first, medium: @first, complex: @first}
        keys:
          - {id: any, sha256: "@sha", tier: any, tenant: someone}
          - {id: tight, sha256: "@tight", tier: tight, tenant: someone}
        pools:
        """
                .replace("@first", names.getFirst())
                .replace("@all", String.join(", ", names))
                .replace("@sha", sha256(KEY))
                .replace("@tight", sha256(TIGHT_KEY))
            + lines;
    Vertx vertx = Gateway.vertx(2);
    PenstockConfig config = TestBed.parse(yaml);
    return new Bed(vertx, get(Gateway.start(vertx, config, Gateway.Options.fixed(config))));
  }

  /**
   * A pool's line in the config.
   *
   * @param more further keys, each after a comma
   */
  public static String pool(String name, String more, String... urls) {
    var backends = new ArrayList<String>();
    for (var url : urls) {
      backends.add("{id: %s-%d, url: \"%s\"}".formatted(name, backends.size() + 1, url));
    }
    return "%s: {model: llama-2-7b, context-length: 4096, price: {input: 10, output: 20}, backends: [%s]%s}"
        .formatted(name, String.join(", ", backends), more);
  }

  public static String sha256(String key) throws Exception {
    var digest = MessageDigest.getInstance("SHA-256");
    return HexFormat.of().formatHex(digest.digest(key.getBytes(StandardCharsets.UTF_8)));
  }

  public static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  public Gateway gateway() {
    return gateway;
  }

  public RawClient client() throws IOException {
    lastSettled = null;
    return new RawClient(gateway.port());
  }

  /** What came of one question: the answer, and what it changed on the metrics. */
  public record Told(RawClient.Answer answer, Books books) {
    public int status() {
      return answer.status();
    }

    public String text() {
      return answer.text();
    }
  }

  /** Asks a pool over a connection of its own, and waits until the books are closed. */
  public Told ask(String pool, String body) throws IOException {
    String metrics = lastSettled;
    Books before = metrics == null ? books(pool) : books(metrics, pool);
    RawClient.Answer answer;
    try (var client = client()) {
      answer = client.post(CHAT, KEY, body, "x-penstock-pool: " + pool).read();
    }
    lastSettled = settled();
    return new Told(answer, books(lastSettled, pool).since(before));
  }

  /** What was counted for a pool so far. */
  public Books books(String pool) {
    return books(gateway.controls().metrics(), pool);
  }

  private static Books books(String metrics, String pool) {
    String label = "pool=\"" + pool + '"';
    return new Books(
        (long) sum(metrics, "penstock_accepted_total"),
        (long) sum(metrics, "penstock_requests_total", label, "outcome=\"answered\""),
        (long) sum(metrics, "penstock_requests_total", label, "outcome=\"refused\""),
        (long) sum(metrics, "penstock_requests_total", label, "outcome=\"failed\""),
        (long) sum(metrics, "penstock_requests_total", label, "outcome=\"cancelled\""),
        (long) sum(metrics, "penstock_tokens_total", label, "direction=\"prompt\""),
        (long) sum(metrics, "penstock_tokens_total", label, "direction=\"completion\""),
        (long) sum(metrics, "penstock_streams_broken_total", label),
        (long) sum(metrics, "penstock_retries_total", label));
  }

  /**
   * What was counted for one pool.
   *
   * @param accepted over all pools
   */
  public record Books(
      long accepted,
      long answered,
      long refused,
      long failed,
      long cancelled,
      long promptTokens,
      long completionTokens,
      long broken,
      long retries) {
    Books since(Books before) {
      return new Books(
          accepted - before.accepted,
          answered - before.answered,
          refused - before.refused,
          failed - before.failed,
          cancelled - before.cancelled,
          promptTokens - before.promptTokens,
          completionTokens - before.completionTokens,
          broken - before.broken,
          retries - before.retries);
    }

    /** One answer with a usage of 7 + 2 tokens. */
    void requireAnswered() {
      requireAnswered(7, 2);
    }

    void requireAnswered(int prompt, int completion) {
      assertThat(answered).isEqualTo(1);
      assertThat(refused + failed + cancelled + broken).isZero();
      assertThat(promptTokens).isEqualTo(prompt);
      assertThat(completionTokens).isEqualTo(completion);
    }

    /** One failure that cost nothing. */
    void requireFailed() {
      assertThat(failed).isEqualTo(1);
      assertThat(answered + refused + cancelled + broken).isZero();
      assertThat(promptTokens + completionTokens).isZero();
    }
  }

  public double metric(String name, String... labels) {
    return sum(gateway.controls().metrics(), name, labels);
  }

  private static double sum(String metrics, String name, String... labels) {
    return metrics
        .lines()
        .filter(line -> line.startsWith(name + '{') || line.startsWith(name + ' '))
        .filter(line -> Arrays.stream(labels).allMatch(line::contains))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** Failures in a row that are held against a pool's backends. */
  public int failures(String pool) {
    return gateway.controls().pools().stream()
        .filter(view -> view.pool().name().equals(pool))
        .flatMap(view -> view.backends().stream())
        .mapToInt(backend -> backend.consecutiveFailures())
        .sum();
  }

  /** accepted = answered + refused + failed + cancelled, and nothing is held any more. */
  public void requireSettled() {
    settled();
  }

  private String settled() {
    var metrics = new AtomicReference<String>();
    TestBed.await(() -> isSettled(metrics.updateAndGet(_ -> gateway.controls().metrics())));
    return metrics.get();
  }

  private static boolean isSettled(String metrics) {
    assertThat(sum(metrics, "penstock_double_endings_total")).isZero();
    return sum(metrics, "penstock_accepted_total") == sum(metrics, "penstock_requests_total")
        && sum(metrics, "penstock_inflight") == 0
        && sum(metrics, "penstock_reservations_outstanding") == 0
        && sum(metrics, "penstock_open_calls") == 0;
  }

  @Override
  public void close() throws Exception {
    requireSettled();
    get(gateway.close());
    get(vertx.close());
  }
}
