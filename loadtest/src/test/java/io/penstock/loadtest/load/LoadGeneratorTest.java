package io.penstock.loadtest.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.loadtest.load.LoadGenerator.Ask;
import io.penstock.loadtest.load.LoadGenerator.Options;
import io.penstock.loadtest.mock.FastMock;
import io.penstock.loadtest.modelserver.Fault;
import io.penstock.loadtest.modelserver.ModelServer;
import io.penstock.loadtest.modelserver.Quirk;
import io.penstock.loadtest.modelserver.Recorded;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoadGeneratorTest {
  private static final ModelServer.Options FAST =
      ModelServer.Options.defaults().withModel("m", "auto").withSpeed(0);

  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() throws Exception {
    done(vertx.close());
  }

  @Test
  void constantRate_sendsWhatWasIntended() throws Exception {
    var server = done(ModelServer.start(vertx, FAST.withRecordedRequests(100)));
    var report =
        run(
            options(server.url(), true)
                .with(new Arrivals.Constant(50))
                .lasting(Duration.ofMillis(999)));
    assertThat(report.sent()).isEqualTo(50);
    assertThat(report.answered()).as("%s", report.errors()).isEqualTo(50);
    assertThat(report.firstToken().count()).isEqualTo(50);
    assertThat(report.completionTokens()).isEqualTo(server.stats().finished() * 20);
    assertThat(report.gap().count()).isEqualTo(50 * 19);
    assertThat(server.recorded()).hasSize(50).extracting(Recorded::body).doesNotHaveDuplicates();
    assertThat(server.recorded())
        .allMatch(request -> request.header("authorization").equals("Bearer key"));
  }

  @Test
  void promptTokens_areAboutThoseAskedFor() throws Exception {
    var server = done(ModelServer.start(vertx, FAST));
    var report =
        run(
            options(server.url(), false)
                .with(new Arrivals.Constant(10))
                .lasting(Duration.ofMillis(950)));
    assertThat(report.promptTokens() / report.answered()).isBetween(98L, 102L);
    assertThat(report.total().count()).isEqualTo(10);
    assertThat(report.firstToken().count()).isZero();
  }

  @Test
  void closedLoop_keepsEveryClientBusy() throws Exception {
    try (var mock = FastMock.start(FastMock.Options.defaults())) {
      var report =
          run(
              options(mock.url(), false)
                  .with(new Arrivals.Closed(5))
                  .lasting(Duration.ofMillis(300)));
      assertThat(report.mostInFlight()).isEqualTo(5);
      assertThat(report.errors()).isEmpty();
      assertThat(report.answered()).isEqualTo(report.sent()).isGreaterThan(5);
    }
  }

  @Test
  void closedLoop_twoThousandStreams_areAllAnswered() throws Exception {
    try (var mock = FastMock.start(FastMock.Options.defaults().withFrames(40, 50))) {
      var report =
          run(
              options(mock.url(), true)
                  .with(new Arrivals.Closed(2000))
                  .lasting(Duration.ofSeconds(1)));
      assertThat(report.mostInFlight()).isEqualTo(2000);
      assertThat(report.errors()).isEmpty();
      assertThat(report.answered()).isEqualTo(2000);
      assertThat(report.completionTokens()).isEqualTo(80_000);
    }
  }

  /**
   * The server takes one at a time and needs longer for each than the time between two: who comes
   * last has waited for all.
   */
  @Test
  void openLoop_slowServer_latencyCountsFromTheIntendedStart() throws Exception {
    var server = done(ModelServer.start(vertx, FAST.withSpeed(10).withMaxSequences(1)));
    var report =
        run(
            options(server.url(), true)
                .with(new Arrivals.Constant(1000))
                .lasting(Duration.ofMillis(29)));
    assertThat(report.answered()).isEqualTo(30);
    assertThat(report.total().max()).isGreaterThanOrEqualTo(report.seconds() * 1e3 - 30 - 1);
    assertThat(report.total().p50())
        .as("half of them waited for ten others or more")
        .isGreaterThan(10 * report.total().max() / 30);
  }

  @Test
  void trace_isReplayedWithItsLengths() throws Exception {
    var server = done(ModelServer.start(vertx, FAST));
    var trace =
        new Trace(
            List.of(
                new Trace.Row(Duration.ZERO, 300, 7),
                new Trace.Row(Duration.ofMillis(20), 50, 30)));
    var report = run(options(server.url(), true).with(new Arrivals.Replay(trace, 1)));
    assertThat(report.answered()).isEqualTo(2);
    assertThat(report.completionTokens()).isEqualTo(37);
    assertThat(report.promptTokens()).isBetween(346L, 354L);
  }

  @Test
  void trace_withBlocks_isReplayedWithWhatItsPromptsHaveInCommon() throws Exception {
    var server = done(ModelServer.start(vertx, FAST));
    var trace =
        new Trace(
            List.of(
                new Trace.Row(Duration.ZERO, 1_500, 7, List.of(0, 1, 2)),
                new Trace.Row(Duration.ofMillis(1), 1_600, 7, List.of(0, 1, 2, 3)),
                new Trace.Row(Duration.ofMillis(2), 1_000, 7, List.of(0, 4))));
    var options = options(server.url(), true).with(new Arrivals.Replay(trace, 1));
    var report =
        run(
            new Options(
                options.ask(), options.arrivals(), options.duration(), options.timeout(), 1, 1));
    assertThat(report.answered()).isEqualTo(3);
    assertThat(report.promptTokens()).isBetween(4_060L, 4_140L);
    var hits = new ArrayList<Integer>();
    for (var recorded : server.recorded()) {
      hits.add(recorded.body().toJsonObject().getJsonArray("messages").size());
    }
    assertThat(hits).as("a system's message and a user's").containsOnly(2);
  }

  @ParameterizedTest
  @CsvSource({
    "status=429, status 429",
    "cut-mid-stream, closed in the answer",
    "reset, closed before the answer",
    "error-in-stream, error in the stream",
    "hang-before-first-token, timeout",
    "hang-mid-stream, timeout",
    "garbage, closed before the answer",
  })
  void faults_areCountedByKind(String fault, String kind) throws Exception {
    var server = done(ModelServer.start(vertx, FAST.withFaults(Fault.parse(fault))));
    var plan = options(server.url(), true);
    var timeout = kind.equals("timeout") ? Duration.ofSeconds(1) : plan.timeout();
    var report =
        run(
            new Options(
                plan.ask(), new Arrivals.Constant(100), Duration.ofMillis(45), timeout, 2, 1));
    assertThat(report.errors()).isEqualTo(Map.of(kind, 5L));
    assertThat(report.answered()).isZero();
  }

  @Test
  void noDone_isCountedAsAnError() throws Exception {
    var server = done(ModelServer.start(vertx, FAST.withQuirks(Quirk.NO_DONE)));
    var report =
        run(
            options(server.url(), true)
                .with(new Arrivals.Constant(100))
                .lasting(Duration.ofMillis(5)));
    assertThat(report.errors()).isEqualTo(Map.of("stream without [DONE]", 1L));
  }

  @ParameterizedTest
  @CsvSource({
    "SPLIT_EVERY_BYTE",
    "CRLF_FRAMES",
    "SSE_COMMENTS",
    "TWO_EVENTS_PER_CHUNK",
    "USAGE_WITH_CHOICES"
  })
  void quirks_changeNoCount(Quirk quirk) throws Exception {
    var server = done(ModelServer.start(vertx, FAST.withQuirks(quirk)));
    var report =
        run(
            options(server.url(), true)
                .with(new Arrivals.Constant(100))
                .lasting(Duration.ofMillis(45)));
    assertThat(report.answered()).as("%s", report.errors()).isEqualTo(5);
    assertThat(report.completionTokens()).isEqualTo(100);
    assertThat(report.gap().count()).isEqualTo(5 * 19);
  }

  @Test
  void nobodyThere_isAConnectError() throws Exception {
    int port;
    try (var socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    var report =
        run(
            options("http://127.0.0.1:" + port, true)
                .with(new Arrivals.Constant(100))
                .lasting(Duration.ofMillis(25)));
    assertThat(report.errors()).isEqualTo(Map.of("connect", 3L));
  }

  @Test
  void report_asJsonAndText_hasTheSameFigures() throws Exception {
    var server = done(ModelServer.start(vertx, FAST));
    var report =
        run(
            options(server.url(), true)
                .with(new Arrivals.Constant(100))
                .lasting(Duration.ofMillis(45)));
    var json = new JsonObject(report.json());
    assertThat(json.getLong("sent")).isEqualTo(5);
    assertThat(json.getJsonObject("first_token").getDouble("p99_ms"))
        .isEqualTo(report.firstToken().p99());
    assertThat(report.text()).contains("5 sent, 5 answered").contains("100 completion");
  }

  @Test
  void prompts_areManyAndAllAnswered() throws Exception {
    var server =
        done(ModelServer.start(vertx, FAST.withMaxModelTokens(4096).withRecordedRequests(0)));
    assertThat(Prompts.all())
        .hasSizeGreaterThanOrEqualTo(60)
        .extracting(Prompts.Prompt::id)
        .doesNotHaveDuplicates();
    assertThat(Prompts.all())
        .extracting(Prompts.Prompt::complexity)
        .containsOnly("simple", "medium", "complex");
    try (var client = java.net.http.HttpClient.newHttpClient()) {
      for (var prompt : Prompts.all()) {
        var request =
            java.net.http.HttpRequest.newBuilder(URI.create(server.url() + "/v1/chat/completions"))
                .POST(
                    java.net.http.HttpRequest.BodyPublishers.ofString(
                        prompt.body("auto", false).encode()))
                .timeout(Duration.ofSeconds(30))
                .build();
        var response = client.send(request, java.net.http.HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(prompt.id() + response.body()).isEqualTo(200);
      }
    }
  }

  @Test
  void demoTraffic_usesEveryKeyAndAbandonsSome() throws Exception {
    var server =
        done(
            ModelServer.start(
                vertx, FAST.withMaxModelTokens(4096).withRecordedRequests(10_000).withSpeed(100)));
    var traffic =
        done(
            DemoTraffic.start(
                vertx,
                new DemoTraffic.Options(
                    URI.create(server.url()), List.of("free", "paid"), 200, 0.3, 1)));
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (traffic.counts().answered() < 50
        || traffic.counts().abandoned() < 3
        || server.stats().aborted() < 3) {
      assertThat(System.nanoTime())
          .as("%s %s", traffic.counts(), server.stats())
          .isLessThan(deadline);
      LockSupport.parkNanos(10_000_000);
    }
    done(traffic.stop());
    assertThat(traffic.counts().failed()).isZero();
    assertThat(traffic.counts().refused()).isZero();
    assertThat(server.recorded())
        .extracting(request -> request.header("authorization"))
        .contains("Bearer free", "Bearer paid");
    assertThat(server.recorded())
        .extracting(Recorded::target)
        .contains("/v1/chat/completions", "/v1/completions", "/v1/embeddings");
  }

  @Test
  void everyRequest_whenItHasEnded_isTold() throws Exception {
    var server =
        done(ModelServer.start(vertx, FAST.withSeed(3).withFaults(Fault.parse("error=0.3"))));
    var told = new ConcurrentLinkedQueue<Finished>();
    var load =
        options(server.url(), true)
            .with(new Arrivals.Constant(100))
            .lasting(Duration.ofMillis(499));
    var report = done(LoadGenerator.run(vertx, load, _ -> {}, told::add));
    assertThat(told).hasSize((int) report.sent());
    assertThat(told).filteredOn(each -> each.error().isEmpty()).hasSize((int) report.answered());
    assertThat(told)
        .filteredOn(each -> each.error().isEmpty())
        .isNotEmpty()
        .allMatch(each -> each.ttftSeconds() > 0 && each.ttftSeconds() <= each.totalSeconds())
        .allMatch(each -> each.tpotSeconds() >= 0 && each.completionTokens() == 20);
    assertThat(told).filteredOn(each -> !each.error().isEmpty()).isNotEmpty();
    for (Finished each : told) {
      var line = new JsonObject(each.json());
      assertThat(line.containsKey("error")).isEqualTo(!each.error().isEmpty());
      assertThat(line.containsKey("ttft")).isEqualTo(each.error().isEmpty());
    }
  }

  private LoadReport run(Options options) throws Exception {
    return done(LoadGenerator.run(vertx, options));
  }

  /** Requests of 100 tokens that are answered with 20. */
  private static Options options(String target, boolean stream) {
    var ask = new Ask(URI.create(target), "key", "auto", 100, 20, stream, true);
    return new Options(
        ask, new Arrivals.Constant(1), Duration.ofSeconds(5), Duration.ofSeconds(20), 2, 1);
  }

  private static <T> T done(Future<T> future) throws Exception {
    return future.await(60, TimeUnit.SECONDS);
  }
}
