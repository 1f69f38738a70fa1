package io.penstock.gateway.admin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.penstock.config.Admin;
import io.penstock.config.Balance;
import io.penstock.config.Complexity;
import io.penstock.config.Limits;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.Rate;
import io.penstock.config.Resilience;
import io.penstock.config.Secret;
import io.penstock.config.Slo;
import io.penstock.config.Tier;
import io.penstock.config.Timeouts;
import io.penstock.gateway.admin.PoolView.BackendView;
import io.penstock.gateway.call.Configs;
import io.penstock.gateway.tls.PortTls;
import io.penstock.planner.autoscale.PoolCapacity;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AdminPortTest {
  private static final Board BOARD = new Board();
  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private static final Pool SMALL =
      new Pool(
          "small",
          "llama-2-7b",
          "llama-2-7b",
          Pool.Provider.VLLM,
          List.of(new Pool.Backend("small-1", URI.create("http://127.0.0.1:1"))),
          List.of(),
          Optional.empty(),
          Slo.NONE,
          Timeouts.DEFAULT,
          Balance.DEFAULT,
          Resilience.DEFAULT,
          List.of(),
          Limits.NONE,
          Pool.ResponseModel.ALIAS,
          4096,
          Pool.Supports.DEFAULT,
          Optional.empty(),
          Map.of(),
          List.of(),
          io.penstock.config.Waiting.DEFAULT,
          io.penstock.config.Batch.OFF,
          Optional.empty());
  private static final PenstockConfig CONFIG = Configs.fleet();
  private static final MeterRegistry METERS = new SimpleMeterRegistry();
  private static Vertx vertx;
  private static AdminPort port;

  @BeforeAll
  static void open() throws Exception {
    vertx = Vertx.vertx();
    port = open(new Admin("127.0.0.1", 0, Optional.empty(), Optional.empty()));
  }

  private static AdminPort open(Admin config) throws Exception {
    return AdminPort.open(vertx, config, new PortTls("admin", Optional.empty(), METERS), BOARD)
        .toCompletionStage()
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS);
  }

  @AfterAll
  static void close() throws Exception {
    CLIENT.close();
    port.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  @BeforeEach
  void forget() {
    BOARD.reasons = List.of();
    BOARD.reloaded = new Reloaded.Taken(List.of());
    BOARD.drained.clear();
  }

  @Test
  void token_isAskedForOnAllButTheProbes() throws Exception {
    var token = Optional.of(new Secret("0123456789abcdef"));
    var guarded = open(new Admin("127.0.0.1", 0, Optional.empty(), token));
    try {
      var open = List.of("/health", "/ready");
      var behind = List.of("/", "/ui/app.js", "/metrics", "/api/pools", "/api/live", "/nothing");
      for (var path : open) {
        assertThat(status(guarded, path, null)).as(path).isEqualTo(200);
      }
      for (var path : behind) {
        for (var shown :
            Arrays.asList(
                null,
                "",
                "0123456789abcdef",
                "Bearer",
                "Bearer ",
                "Bearer 0123456789abcdeg",
                "Bearer 0123456789abcdef0",
                "Basic !",
                basic(":"),
                basic("0123456789abcdef:"),
                "Digest 0123456789abcdef")) {
          assertThat(status(guarded, path, shown)).as(path + " with " + shown).isEqualTo(401);
        }
      }
      for (var shown :
          List.of(
              "Bearer 0123456789abcdef", "bearer 0123456789abcdef", basic("me:0123456789abcdef"))) {
        assertThat(status(guarded, "/metrics", shown)).as(shown).isEqualTo(200);
        assertThat(status(guarded, "/", shown)).as(shown).isEqualTo(200);
      }

      guarded.reload(
          new Admin("127.0.0.1", 0, Optional.empty(), Optional.of(new Secret("fedcba9876543210"))));
      assertThat(status(guarded, "/metrics", "Bearer 0123456789abcdef")).isEqualTo(401);
      assertThat(status(guarded, "/metrics", "Bearer fedcba9876543210")).isEqualTo(200);
      guarded.reload(Admin.DEFAULT);
      assertThat(status(guarded, "/metrics", null)).as("a token is not taken back").isEqualTo(401);
    } finally {
      guarded.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
  }

  private static String basic(String credentials) {
    return "Basic "
        + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.US_ASCII));
  }

  private static int status(AdminPort to, String path, @Nullable String authorization)
      throws Exception {
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + to.port() + path));
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    var answer = CLIENT.send(request.build(), BodyHandlers.ofString());
    assertThat(answer.headers().firstValue("www-authenticate").isPresent())
        .isEqualTo(answer.statusCode() == 401);
    return answer.statusCode();
  }

  @Test
  void health_whileNotReady_isOk() throws Exception {
    BOARD.reasons = List.of("draining");
    assertThat(get("/health").statusCode()).isEqualTo(200);
  }

  @Test
  void ready_withoutReasons_is200() throws Exception {
    var answer = get("/ready");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(new JsonObject(answer.body())).isEqualTo(new JsonObject().put("ready", true));
  }

  @Test
  void ready_withReasons_is503AndNamesThem() throws Exception {
    BOARD.reasons = List.of("no backend of the pool 'small' is up");
    var answer = get("/ready");
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(new JsonObject(answer.body()).getJsonArray("reasons"))
        .containsExactly("no backend of the pool 'small' is up");
  }

  @Test
  void metrics_areTheControlsText() throws Exception {
    var answer = get("/metrics");
    assertThat(answer.headers().firstValue("content-type").orElseThrow())
        .startsWith("text/plain; version=0.0.4");
    assertThat(answer.body()).isEqualTo("penstock_accepted_total 1\n");
  }

  @Test
  void pools_showBackendsAndWhatWasObserved() throws Exception {
    var small =
        new JsonObject(get("/api/pools").body()).getJsonObject("pools").getJsonObject("small");
    assertThat(small.getString("model")).isEqualTo("llama-2-7b");
    assertThat(small.getInteger("in_flight")).isEqualTo(3);
    var queue = small.getJsonObject("queue");
    assertThat(queue.getInteger("places")).isEqualTo(8);
    assertThat(queue.getJsonObject("waiting").getInteger("free")).isEqualTo(2);
    assertThat(queue.getJsonObject("wait_ms").getDouble("free")).isEqualTo(1500);
    assertThat(small.getString("state")).isEqualTo("up");
    assertThat(small.getJsonObject("requests").getInteger("failed")).isEqualTo(1);
    var backends = small.getJsonObject("backends");
    assertThat(backends.getJsonObject("small-1").getJsonObject("observed").getMap())
        .isEqualTo(Map.of("ttft_ms", 120.5));
    assertThat(backends.getJsonObject("small-2").getString("state")).isEqualTo("down");
    assertThat(backends.getJsonObject("small-2").getInteger("consecutive_failures")).isEqualTo(4);
  }

  @Test
  void tiers_showLimitsTrafficAndSpend() throws Exception {
    var free =
        new JsonObject(get("/api/tiers").body()).getJsonObject("tiers").getJsonObject("free");
    assertThat(free.getJsonObject("limits").getJsonObject("requests"))
        .isEqualTo(new JsonObject().put("amount", 20.0).put("window", "3600s"));
    assertThat(free.getJsonObject("requests").getInteger("answered")).isEqualTo(7);
    assertThat(free.getJsonObject("route").getString("complex")).isEqualTo("medium");
    assertThat(free.getDouble("spend_usd")).isEqualTo(0.25);
    assertThat(free.getJsonObject("budgets").getJsonObject("hobby").getMap())
        .containsEntry("limit_usd", 5.0)
        .containsEntry("spent_usd", 1.5)
        .containsEntry("held_usd", 0.25)
        .containsEntry("resets", "1970-01-01T00:00:00Z");
  }

  @Test
  void reload_ofAGoodConfig_saysSo() throws Exception {
    BOARD.reloaded = new Reloaded.Taken(List.of("penstock.yaml:3:1: tiers.free: ..."));
    var answer = post("/api/config/reload");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(new JsonObject(answer.body()).getJsonArray("warnings")).hasSize(1);
  }

  @Test
  void reload_ofABadConfig_is422WithEveryError() throws Exception {
    BOARD.reloaded = new Reloaded.Refused(List.of("a.yaml:1:1: x: bad", "a.yaml:2:1: y: bad"));
    var answer = post("/api/config/reload");
    assertThat(answer.statusCode()).isEqualTo(422);
    assertThat(new JsonObject(answer.body()).getJsonObject("error").getJsonArray("errors"))
        .containsExactly("a.yaml:1:1: x: bad", "a.yaml:2:1: y: bad");
  }

  @Test
  void cache_isShownAndForgotten() throws Exception {
    var view = new JsonObject(get("/api/cache").body());
    assertThat(view.getLong("entries")).isEqualTo(2);
    assertThat(view.getLong("bytes")).isEqualTo(2048);

    var all = HttpRequest.newBuilder(uri("/api/cache")).DELETE().build();
    var one = HttpRequest.newBuilder(uri("/api/cache?tenant=acme")).DELETE().build();
    assertThat(CLIENT.send(all, BodyHandlers.ofString()).body()).contains("\"removed\":2");
    assertThat(CLIENT.send(one, BodyHandlers.ofString()).body())
        .contains("\"removed\":1", "\"tenant\":\"acme\"");
  }

  @Test
  void drainAndUndrain_reachTheBackend() throws Exception {
    assertThat(post("/api/pools/small/backends/small-1/drain").statusCode()).isEqualTo(200);
    assertThat(post("/api/pools/small/backends/small-1/undrain").statusCode()).isEqualTo(200);
    assertThat(BOARD.drained).containsExactly("DRAIN small/small-1", "UNDRAIN small/small-1");
  }

  @Test
  void drain_ofABackendThatNobodyHas_is404() throws Exception {
    var answer = post("/api/pools/small/backends/nobody/drain");
    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(message(answer)).contains("'small'").contains("'nobody'");
  }

  @Test
  void change_fromAnotherSitesPage_isRefused() throws Exception {
    var request =
        HttpRequest.newBuilder(uri("/api/config/reload"))
            .header("Origin", "https://elsewhere.example")
            .POST(BodyPublishers.noBody())
            .build();
    assertThat(CLIENT.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(403);
  }

  @ParameterizedTest
  @CsvSource({
    "evil.example, 421",
    "evil.example:9090, 421",
    "localhost:9090, 200",
    "127.0.0.1, 200",
    "[::1]:1, 200"
  })
  void name_thatAnybodyMayGiveThisMachine_isRefused(String host, int status) throws Exception {
    try (var socket = new Socket("127.0.0.1", port.port())) {
      var request = "GET /health HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(UTF_8));
      var line = new String(socket.getInputStream().readAllBytes(), UTF_8);
      assertThat(line).startsWith("HTTP/1.1 " + status + ' ');
    }
  }

  @Test
  void change_fromItsOwnPage_isTaken() throws Exception {
    var request =
        HttpRequest.newBuilder(uri("/api/config/reload"))
            .header("Origin", "http://127.0.0.1:" + port.port())
            .POST(BodyPublishers.noBody())
            .build();
    assertThat(CLIENT.send(request, BodyHandlers.ofString()).statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "POST, /health, 'GET, HEAD'",
    "DELETE, /api/pools, 'GET, HEAD'",
    "PUT, /, 'GET, HEAD'",
    "POST, /api/cache, 'GET, HEAD, DELETE'",
    "GET, /api/config/reload, POST",
    "GET, /api/pools/small/backends/small-1/drain, POST"
  })
  void wrongMethod_is405AndSaysWhichIsRight(String method, String path, String allowed)
      throws Exception {
    var request = HttpRequest.newBuilder(uri(path)).method(method, BodyPublishers.noBody()).build();
    var answer = CLIENT.send(request, BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(405);
    assertThat(answer.headers().firstValue("allow")).contains(allowed);
    assertThat(message(answer)).contains(allowed);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/nothing", "/api", "/api/reports", "/api/pools/small/x"})
  void unknownPath_is404InJson(String path) throws Exception {
    var answer = get(path);
    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.headers().firstValue("content-type")).contains("application/json");
    assertThat(message(answer)).contains("There is nothing at");
  }

  @Test
  void head_ofAPage_hasNoBody() throws Exception {
    var request = HttpRequest.newBuilder(uri("/metrics")).method("HEAD", BodyPublishers.noBody());
    var answer = CLIENT.send(request.build(), BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEmpty();
  }

  @Test
  void live_sendsTheHistoryAndThenAFrame() throws Exception {
    try (var events = live()) {
      assertThat(events.next()).startsWith("event: history\ndata: [[");
      var frame = events.next();
      assertThat(frame).startsWith("event: frame\ndata: {");
      var json = new JsonObject(frame.substring(frame.indexOf('{')));
      assertThat(json.getBoolean("ready")).isTrue();
      var pool = json.getJsonArray("pools").getJsonObject(0);
      assertThat(pool.getString("name")).isEqualTo("small");
      assertThat(pool.getInteger("in_flight")).isEqualTo(3);
      assertThat(pool.getValue("queue")).as("nobody measures a queue here").isNull();
      assertThat(json.getValue("cache")).isNull();
      assertThat(events.next()).as("the next second's").startsWith("event: frame\n");
    }
  }

  @Test
  void live_beyondItsMostViewers_is503_untilOneLeaves() throws Exception {
    var viewers = new ArrayList<Events>();
    try {
      for (int i = 0; i < Live.MOST_VIEWERS; i++) {
        viewers.add(live());
        viewers.getLast().next();
      }
      assertThat(status("/api/live")).isEqualTo(503);
    } finally {
      viewers.forEach(Events::close);
    }
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (status("/api/live") == 503 && System.nanoTime() < until) {
      Thread.onSpinWait();
    }
    assertThat(status("/api/live")).isEqualTo(200);
  }

  @Test
  void dryRun_reachesTheStagesInACallersName() throws Exception {
    BOARD.rehearsed.clear();
    var answer =
        post("/api/dry-run", "{\"key\":\"k\",\"pool\":\"small\",\"request\":{\"messages\":[]}}");
    assertThat(answer.statusCode()).isEqualTo(200);
    var asked = BOARD.rehearsed.getFirst();
    assertThat(asked.keyId()).isEqualTo("k");
    assertThat(asked.pool()).isEqualTo("small");
    assertThat(new String(asked.body(), UTF_8)).isEqualTo("{\"messages\":[]}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/api/dry-run | [1]                     | not a JSON object",
        "/api/dry-run | {\"key\":\"k\"}           | request must be an object",
        "/api/dry-run | {\"request\":{}}          | key must be",
        "/api/dry-run | {\"key\":\"k\",\"request\":{},\"operation\":\"x\"} | operation must be one"
            + " of",
        "/api/whatif  | {\"pools\":{\"nobody\":{}}} | pools.nobody means nothing here",
        "/api/whatif  | {\"traffic\":{\"peak_rps\":-1}} | traffic.peak_rps must be a number from",
        "/api/whatif  | {\"traffic\":{\"peak_rps\":\"1\"}} | traffic.peak_rps must be a number"
            + " from",
        "/api/whatif  | {\"pools\":{\"large\":{\"gpu\":\"h100\"}}} | pools.large: the config names"
            + " no hardware",
        "/api/whatif  | {\"shares\":{\"small\":0}} | shares must not all be 0"
      })
  void question_thatIsNone_is400AndSaysWhy(String path, String body, String why) throws Exception {
    var answer = post(path, body);
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(message(answer)).contains(why);
  }

  @Test
  void whatIf_onOtherHardware_plansAnew() throws Exception {
    var traffic = "\"traffic\":{\"peak_rps\":50,\"prompt_tokens\":400,\"completion_tokens\":200}";
    var shares = "\"shares\":{\"small\":1}";
    var before = plan("{" + traffic + "," + shares + "}");
    var after = plan("{" + traffic + "," + shares + ",\"pools\":{\"small\":{\"gpu\":\"h100\"}}}");
    assertThat(before.getString("hardware")).contains("1 l4");
    assertThat(after.getString("hardware")).contains("1 h100");
    assertThat(after.getDouble("within_slo_rps")).isGreaterThan(before.getDouble("within_slo_rps"));
    assertThat(after.getJsonObject("replicas").getInteger("total"))
        .isLessThan(before.getJsonObject("replicas").getInteger("total"));
    assertThat(after.getJsonArray("curve")).hasSize(24);
  }

  @Test
  void whatIf_onHardwareThatCannot_saysSoForThatPoolAlone() throws Exception {
    var pool =
        plan(
            "{\"shares\":{\"small\":1},\"pools\":{\"small\":{\"gpu\":\"t4\",\"weights\":\"fp8\"}}}");
    assertThat(pool.getBoolean("met")).isFalse();
    assertThat(pool.getString("impossible")).contains("t4").contains("fp8");
  }

  private static JsonObject plan(String question) throws Exception {
    var answer = post("/api/whatif", question);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return new JsonObject(answer.body()).getJsonArray("pools").getJsonObject(0);
  }

  private static Events live() throws Exception {
    var answer =
        CLIENT.send(
            HttpRequest.newBuilder(uri("/api/live")).header("accept-encoding", "gzip").build(),
            BodyHandlers.ofInputStream());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("content-type")).contains("text/event-stream");
    return new Events(new BufferedReader(new InputStreamReader(answer.body(), UTF_8)));
  }

  private static int status(String path) throws Exception {
    var answer =
        CLIENT.send(HttpRequest.newBuilder(uri(path)).build(), BodyHandlers.ofInputStream());
    answer.body().close();
    return answer.statusCode();
  }

  /** A viewer. */
  private record Events(BufferedReader lines) implements AutoCloseable {
    String next() throws IOException {
      return lines.readLine() + '\n' + lines.readLine() + lines.readLine();
    }

    @Override
    public void close() {
      try {
        lines.close();
      } catch (IOException gone) {
        throw new UncheckedIOException(gone);
      }
    }
  }

  @Test
  void page_needsNothingFromElsewhere() throws Exception {
    var answer = get("/");
    assertThat(answer.headers().firstValue("content-type")).contains("text/html; charset=utf-8");
    assertThat(answer.body())
        .contains("<title>Penstock</title>")
        .doesNotContain("http://", "https://");
    assertThat(answer.headers().firstValue("content-security-policy").orElseThrow())
        .contains("default-src 'none'");
  }

  private static String message(HttpResponse<String> answer) {
    return new JsonObject(answer.body()).getJsonObject("error").getString("message");
  }

  private static HttpResponse<String> get(String path) throws Exception {
    return CLIENT.send(HttpRequest.newBuilder(uri(path)).build(), BodyHandlers.ofString());
  }

  private static HttpResponse<String> post(String path) throws Exception {
    var request = HttpRequest.newBuilder(uri(path)).POST(BodyPublishers.noBody()).build();
    return CLIENT.send(request, BodyHandlers.ofString());
  }

  private static HttpResponse<String> post(String path, String body) throws Exception {
    var request = HttpRequest.newBuilder(uri(path)).POST(BodyPublishers.ofString(body)).build();
    return CLIENT.send(request, BodyHandlers.ofString());
  }

  private static URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port.port() + path);
  }

  /** A gateway of two backends, as far as the admin port can tell. */
  private static final class Board implements Controls {
    private volatile List<String> reasons = List.of();
    private volatile Reloaded reloaded = new Reloaded.Taken(List.of());
    private final List<String> drained = new CopyOnWriteArrayList<>();
    private final List<Rehearsal> rehearsed = new CopyOnWriteArrayList<>();

    @Override
    public List<String> whyNotReady() {
      return reasons;
    }

    @Override
    public String metrics() {
      return "penstock_accepted_total 1\n";
    }

    @Override
    public List<PoolView> pools() {
      var nan = Double.NaN;
      var backends =
          List.of(
              new BackendView(
                  "small-1", "http://127.0.0.1:1", "up", 3, 0, "closed", 0, 0.1205, nan),
              new BackendView("small-2", "http://127.0.0.1:2", "down", 0, 4, "open", 0, nan, nan));
      return List.of(
          new PoolView(
              SMALL,
              new TrafficView(9, 0, 1, 0, 100, 50, 0.5),
              new PoolView.QueueView(8, 8, Map.of("free", 2), Map.of("free", 1.5)),
              backends));
    }

    @Override
    public List<PoolCapacity> capacities() {
      return List.of();
    }

    @Override
    public List<TierView> tiers() {
      var limits = new Limits(Optional.of(new Rate(20, Duration.ofHours(1))), Optional.empty(), 2);
      var route =
          Map.of(
              Complexity.SIMPLE, "small", Complexity.MEDIUM, "small", Complexity.COMPLEX, "medium");
      var free =
          new Tier(
              "free",
              limits,
              Optional.empty(),
              Tier.Priority.LOW,
              route,
              List.of(),
              Tier.WhenBusy.REJECT,
              Map.of());
      return List.of(
          new TierView(
              free,
              1,
              new TrafficView(7, 0, 0, 0, 100, 50, 0.25),
              Map.of("hobby", new TierView.BudgetView(5, 1.5, 0.25, 0))));
    }

    @Override
    public PenstockConfig config() {
      return CONFIG;
    }

    @Override
    public MeterRegistry meters() {
      return METERS;
    }

    @Override
    public Rehearsal.Answer rehearse(Rehearsal asked) {
      rehearsed.add(asked);
      return new Rehearsal.Answer(200, "{\"object\":\"penstock.dry_run\"}");
    }

    @Override
    public Reloaded reload() {
      return reloaded;
    }

    @Override
    public java.util.Optional<io.penstock.gateway.authenticate.KeyStore> keys() {
      return java.util.Optional.empty();
    }

    @Override
    public boolean drain(String pool, String backend, Draining draining) {
      drained.add(draining + " " + pool + '/' + backend);
      return pool.equals("small") && backend.startsWith("small-");
    }

    @Override
    public CacheView cache() {
      return new CacheView(2, 2048, 4096);
    }

    @Override
    public Future<Long> clearCache(@Nullable String tenant) {
      return Future.succeededFuture(tenant == null ? 2L : 1L);
    }
  }
}
