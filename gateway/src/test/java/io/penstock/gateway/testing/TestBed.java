package io.penstock.gateway.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.ConfigFile;
import io.penstock.config.Loaded;
import io.penstock.config.PenstockConfig;
import io.penstock.gateway.Gateway;
import io.penstock.loadtest.modelserver.Fault;
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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
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
  private final AtomicReference<String> yaml;
  private final HttpClient http = HttpClient.newHttpClient();

  private TestBed(
      Vertx vertx,
      Map<String, ModelServer> servers,
      Gateway gateway,
      AtomicReference<String> yaml) {
    this.vertx = vertx;
    this.servers = servers;
    this.gateway = gateway;
    this.yaml = yaml;
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
    return new Setup()
        .server("small", server.apply(options("llama-2-7b")))
        .server("medium", server.apply(options("llama-2-13b")))
        .server("large", server.apply(options(LARGE).withApiKey(UPSTREAM_KEY)))
        .edit(config)
        .start();
  }

  /** The three pools' servers at a speed, and whatever a test adds. */
  public static Setup setup(double speed) {
    return new Setup()
        .server("small", options("llama-2-7b").withSpeed(speed))
        .server("medium", options("llama-2-13b").withSpeed(speed))
        .server("large", options(LARGE).withSpeed(speed).withApiKey(UPSTREAM_KEY));
  }

  /** Without any server yet. */
  public static Setup setup() {
    return new Setup();
  }

  /** A server that answers at length. */
  public static ModelServer.Options options(String model) {
    return ModelServer.Options.defaults()
        .withModel(model)
        .withSpeed(20)
        .withMedianCompletionTokens(4000);
  }

  /** What a bed is made of; in the config's text {@code @NAME} stands for a server's url. */
  public static final class Setup {
    private final Map<String, ModelServer.Options> servers = new LinkedHashMap<>();
    private final Map<String, String> urls = new LinkedHashMap<>();
    private String yaml = CONFIG;
    private UnaryOperator<String> edit = UnaryOperator.identity();
    private boolean dryRun;

    private Setup() {}

    public Setup server(String name, ModelServer.Options options) {
      servers.put(name, options);
      return this;
    }

    /** A server that the test runs itself. */
    public Setup url(String name, String url) {
      urls.put(name, url);
      return this;
    }

    /** Another config altogether. */
    public Setup config(String text) {
      yaml = text;
      return this;
    }

    /** Changes the config's text, with the urls in it. */
    public Setup edit(UnaryOperator<String> change) {
      var before = edit;
      edit = text -> change.apply(before.apply(text));
      return this;
    }

    /** A tier with its one key, {@link TestBed#key}; both are written as the config does. */
    public Setup tier(String name, String tier) {
      return edit(text -> withTier(text, name, tier));
    }

    /** One more pool, as the config writes it. */
    public Setup pool(String name, String pool) {
      return edit(text -> text + "  " + name + ": " + pool + "\n");
    }

    /** Every request is a dry run. */
    public Setup dryRun() {
      dryRun = true;
      return this;
    }

    public TestBed start() throws Exception {
      Vertx vertx = Gateway.vertx(2);
      Map<String, ModelServer> started = new LinkedHashMap<>();
      for (var server : servers.entrySet()) {
        started.put(server.getKey(), get(ModelServer.start(vertx, server.getValue())));
      }
      started.forEach((name, server) -> urls.put(name, server.url()));
      var text = new AtomicReference<>(located(edit.apply(located(yaml))));
      var options = new Gateway.Options(dryRun, () -> load(text.get()));
      var gateway = get(Gateway.start(vertx, parse(text.get()), options));
      return new TestBed(vertx, started, gateway, text);
    }

    private String located(String text) {
      String located = text;
      for (var url : urls.entrySet()) {
        located = located.replace("\"@" + url.getKey() + '"', '"' + url.getValue() + '"');
      }
      return located;
    }
  }

  /** A config with one more tier and its one key. */
  public static String withTier(String yaml, String name, String tier) {
    String variable = name.toUpperCase(Locale.ROOT).replace('-', '_');
    return yaml.replace("\nkeys:\n", "\n  " + name + ": " + tier + "\nkeys:\n")
        .replace(
            "\npools:\n",
            "\n  - {id: %s, sha256: \"${%s}\", tier: %s, tenant: %s-tenant}\npools:\n"
                .formatted(name, variable, name, name));
  }

  /** The key whose hash stands in the config as {@code ${NAME}}, the name in capitals there. */
  public static String key(String name) {
    return "sk-test-" + name.toLowerCase(Locale.ROOT).replace('_', '-') + "-canary";
  }

  public static PenstockConfig parse(String yaml) {
    return switch (load(yaml)) {
      case Loaded.Ok ok -> ok.config();
      case Loaded.Invalid invalid -> throw new AssertionError(invalid.problems().toString());
    };
  }

  private static Loaded load(String yaml) {
    return ConfigFile.parse("test.yaml", yaml, Path.of("."), TestBed::variable);
  }

  private static String variable(String name) {
    return name.endsWith("UPSTREAM_KEY") ? UPSTREAM_KEY : sha256(key(name));
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
          queue: {max-concurrency: 4096}
        medium:
          model: llama-2-13b
          backends: [{id: medium-1, url: "@medium"}]
          capacity: {gpu: a100-80, gpus-per-replica: 1, engine: vllm, weights: fp16, kv: fp16, usd-per-gpu-hour: 2.45, min: 1, max: 4}
          queue: {max-concurrency: 4096}
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

  /** The config's text, with the urls in it. */
  public String yaml() {
    return yaml.get();
  }

  /** Writes another config where the gateway's comes from, and has it read by the admin port. */
  public HttpResponse<String> reload(String text) throws Exception {
    yaml.set(text);
    return adminPost("/api/config/reload");
  }

  /** {@code POST} to the admin port. */
  public HttpResponse<String> adminPost(String path) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.adminPort() + path))
            .POST(HttpRequest.BodyPublishers.noBody())
            .build();
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  /** From now on this goes wrong at a server, and nothing else. */
  public void faults(String server, Fault... faults) throws Exception {
    get(servers.get(server).faults(List.of(faults)));
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
