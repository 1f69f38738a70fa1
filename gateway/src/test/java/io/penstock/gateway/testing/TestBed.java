package io.penstock.gateway.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.ConfigFile;
import io.penstock.config.Loaded;
import io.penstock.config.PenstockConfig;
import io.penstock.gateway.Gateway;
import io.penstock.loadtest.modelserver.ModelServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/** A whole gateway on free ports in front of simulated model servers, one a pool. */
public final class TestBed implements AutoCloseable {
  public static final String ENTERPRISE = "sk-test-enterprise-canary";
  public static final String PAID = "sk-test-paid-canary";
  public static final String FREE = "sk-test-free-canary";

  /** A key with one request a month. */
  public static final String TIGHT = "sk-test-tight-canary";

  /** A second one, for tests beside. */
  public static final String TIGHT_TOO = "sk-test-tight-too-canary";

  /** The credential that the pool {@code large} is sent. */
  public static final String UPSTREAM_KEY = "sk-upstream-credential";

  /** A model that the tier of {@link #FREE} may not use. */
  public static final String LARGE = "gpt-4";

  /** A model behind which nothing listens. */
  public static final String DEAD = "mistral-7b";

  private final Vertx vertx;
  private final Map<String, ModelServer> servers;
  private final Gateway gateway;
  private final HttpClient http = HttpClient.newHttpClient();

  private TestBed(Vertx vertx, Map<String, ModelServer> servers, Gateway gateway) {
    this.vertx = vertx;
    this.servers = servers;
    this.gateway = gateway;
  }

  public static TestBed start() throws Exception {
    return start(UnaryOperator.identity(), UnaryOperator.identity());
  }

  /**
   * @param server changes the options of each model server
   * @param config changes the config's text, with the urls in it
   */
  public static TestBed start(
      UnaryOperator<ModelServer.Options> server, UnaryOperator<String> config) throws Exception {
    Vertx vertx = Gateway.vertx(2);
    Map<String, ModelServer> servers = new LinkedHashMap<>();
    servers.put("small", serve(vertx, server, "llama-2-7b"));
    servers.put("medium", serve(vertx, server, "llama-2-13b"));
    servers.put("large", serve(vertx, server.andThen(o -> o.withApiKey(UPSTREAM_KEY)), LARGE));
    String yaml = CONFIG;
    for (var entry : servers.entrySet()) {
      yaml = yaml.replace("@" + entry.getKey(), "http://127.0.0.1:" + entry.getValue().port());
    }
    PenstockConfig parsed = parse(config.apply(yaml));
    var gateway = get(Gateway.start(vertx, parsed, Gateway.Options.fixed(parsed)));
    return new TestBed(vertx, servers, gateway);
  }

  private static ModelServer serve(
      Vertx vertx,
      java.util.function.Function<ModelServer.Options, ModelServer.Options> options,
      String model)
      throws Exception {
    var defaults =
        ModelServer.Options.defaults()
            .withModel(model)
            .withSpeed(20)
            .withMedianCompletionTokens(4000);
    return get(ModelServer.start(vertx, options.apply(defaults)));
  }

  public static PenstockConfig parse(String yaml) {
    return switch (ConfigFile.parse("test.yaml", yaml, Path.of("."), TestBed::variable)) {
      case Loaded.Ok ok -> ok.config();
      case Loaded.Invalid invalid -> throw new AssertionError(invalid.problems().toString());
    };
  }

  private static String variable(String name) {
    return switch (name) {
      case "ENTERPRISE" -> sha256(ENTERPRISE);
      case "PAID" -> sha256(PAID);
      case "FREE" -> sha256(FREE);
      case "TIGHT" -> sha256(TIGHT);
      case "TIGHT_TOO" -> sha256(TIGHT_TOO);
      case "UPSTREAM_KEY" -> UPSTREAM_KEY;
      default -> null;
    };
  }

  private static String sha256(String key) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(key.getBytes(StandardCharsets.UTF_8)));
    } catch (java.security.NoSuchAlgorithmException absent) {
      throw new AssertionError(absent);
    }
  }

  private static final String CONFIG =
      """
      server: {host: 127.0.0.1, port: 0, drain-timeout: 5s, max-body: 32MiB, max-header: 16KiB}
      admin: {host: 127.0.0.1, port: 0}
      tiers:
        enterprise:
          limits: {requests: 20000/month, tokens: 1000000000/hour, concurrency: 4000}
          priority: high
          route: {simple: small, medium: medium, complex: large}
          pools: [dead]
        paid:
          limits: {requests: 20000/month, tokens: 1000000000/hour, concurrency: 50}
          priority: normal
          route: {simple: small, medium: medium, complex: medium}
        free:
          limits: {requests: 20000/month, tokens: 1000000000/hour, concurrency: 8}
          priority: low
          route: {simple: small, medium: small, complex: medium}
        tight:
          limits: {requests: 1/month, tokens: 1000000/hour, concurrency: 1}
          priority: low
          route: {simple: small, medium: small, complex: small}
      keys:
        - {id: enterprise, sha256: "${ENTERPRISE}", tier: enterprise, tenant: acme}
        - {id: paid, sha256: "${PAID}", tier: paid, tenant: startup}
        - {id: free, sha256: "${FREE}", tier: free, tenant: hobby}
        - {id: tight, sha256: "${TIGHT}", tier: tight, tenant: hobby}
        - {id: tight-too, sha256: "${TIGHT_TOO}", tier: tight, tenant: hobby}
      pools:
        small:
          model: llama-2-7b
          backends: [{id: small-1, url: "@small"}]
          capacity: {gpu: l4, gpus-per-replica: 1, engine: vllm, weights: fp16, kv: fp16, usd-per-gpu-hour: 0.80, min: 1, max: 8}
          supports: {embeddings: true}
        medium:
          model: llama-2-13b
          backends: [{id: medium-1, url: "@medium"}]
          capacity: {gpu: a100-80, gpus-per-replica: 1, engine: vllm, weights: fp16, kv: fp16, usd-per-gpu-hour: 2.45, min: 1, max: 4}
        large:
          provider: openai
          model: gpt-4
          url: "@large"
          key: ${UPSTREAM_KEY}
          context-length: 8192
          supports: {vision: true}
          price: {input: 30, output: 60}
        dead:
          model: mistral-7b
          backends: [{id: dead-1, url: "http://127.0.0.1:1"}]
          capacity: {gpu: l4, gpus-per-replica: 1, engine: vllm, weights: fp16, kv: fp16, usd-per-gpu-hour: 0.80, min: 1, max: 8}
      """;

  public int port() {
    return gateway.port();
  }

  public String url() {
    return "http://127.0.0.1:" + gateway.port();
  }

  public Gateway gateway() {
    return gateway;
  }

  public ModelServer server(String pool) {
    return servers.get(pool);
  }

  /** Requests that model servers saw given up. */
  public long aborted() {
    return servers.values().stream().mapToLong(server -> server.stats().aborted()).sum();
  }

  /** Choices that model servers work on or hold back. */
  public int running() {
    return servers.values().stream()
        .mapToInt(server -> server.stats().running() + server.stats().waiting())
        .sum();
  }

  /** The body of the last request that a pool's server saw. */
  public byte[] lastBody(String pool) {
    return servers.get(pool).recorded().getLast().body().getBytes();
  }

  /** {@code GET} of the admin port. */
  public HttpResponse<String> admin(String path) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.adminPort() + path))
            .build();
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  public String metrics() {
    try {
      return admin("/metrics").body();
    } catch (Exception gone) {
      throw new AssertionError(gone);
    }
  }

  /** The sum over all series of a metric whose labels contain the text. */
  public double metric(String name, String labels) {
    return metrics()
        .lines()
        .filter(line -> line.startsWith(name + '{') || line.startsWith(name + ' '))
        .filter(line -> line.contains(labels))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** accepted = answered + refused + failed + cancelled, and nothing is still held. */
  public void assertNothingLost() {
    await(() -> metric("penstock_accepted_total", "") == metric("penstock_requests_total", ""));
    await(() -> metric("penstock_inflight", "") == 0);
    for (var outcome : new String[] {"answered", "refused", "failed", "cancelled"}) {
      assertThat(metric("penstock_requests_total", "outcome=\"" + outcome + "\""))
          .isGreaterThanOrEqualTo(0);
    }
  }

  /** Waits until something holds; fails after a time that only a hang can take. */
  public static void await(BooleanSupplier holds) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!holds.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("still not so after 30 s");
      }
      LockSupport.parkNanos(2_000_000);
    }
  }

  private static <T> T get(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  @Override
  public void close() throws Exception {
    http.close();
    get(gateway.drain());
    get(vertx.close());
  }
}
