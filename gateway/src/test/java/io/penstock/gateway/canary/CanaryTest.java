package io.penstock.gateway.canary;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.quirks.Bed;
import io.penstock.gateway.quirks.Say;
import io.penstock.gateway.quirks.ScriptedServer;
import io.penstock.gateway.quirks.ScriptedServer.Script;
import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.TestBed;
import io.penstock.loadtest.modelserver.ModelServer;
import io.penstock.loadtest.modelserver.Recorded;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Marked secrets go through everything that a gateway does, well and ill; then every place is
 * searched where they must not be. The traffic runs once, before the tests that search.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CanaryTest {
  private static final String EMBEDDINGS = "/v1/embeddings";
  private static final String PROMPT = "canary-prompt";
  private static final String ANSWER = "canary-answer";

  /** What of a client's may reach no model server; each holds this word. */
  private static final String[] SECRETS = {
    "Cookie: session=canary-secret-cookie",
    "x-api-key: canary-secret-x-api-key",
    "api-key: canary-secret-api-key",
    "Proxy-Authorization: Basic canary-secret-proxy",
    "X-Penstock-Cache: no-store",
    "x-penstock-deadline-ms: 60000",
    "x-penstock-unknown: canary-secret-penstock",
    "X-Forwarded-For: canary-secret-forwarded",
    "OpenAI-Organization: canary-secret-organization",
    "X-Custom: canary-secret-custom",
    "Referer: http://canary-secret-referer/",
    "Accept-Encoding: gzip",
  };

  /** The heads that a model server may see. */
  private static final Set<String> PASSED =
      Set.of(
          "host",
          "content-type",
          "content-length",
          "authorization",
          "accept",
          "user-agent",
          "x-request-id",
          "traceparent",
          "tracestate",
          "openai-beta");

  private static final String WHOLE = Say.WHOLE.replace("\"hi\"", "\"" + PROMPT + "\"");
  private static final String STREAM = Say.STREAM.replace("\"hi\"", "\"" + PROMPT + "\"");

  private final List<String> answers = new ArrayList<>();
  private final List<String> scriptedHeads = new ArrayList<>();
  private final List<Recorded> recorded = new ArrayList<>();
  private final List<String> admin = new ArrayList<>();
  private Vertx vertx;
  private ModelServer model;
  private ScriptedServer scripted;
  private LogCapture log;
  private Bed bed;

  @BeforeAll
  void traffic() throws Exception {
    log = LogCapture.start();
    vertx = Vertx.vertx();
    model =
        Bed.get(
            ModelServer.start(
                vertx,
                ModelServer.Options.defaults()
                    .withModel("llama-2-7b")
                    .withApiKey(TestBed.UPSTREAM_KEY)
                    .withSpeed(100)
                    .withRecordedRequests(1000)));
    scripted = ScriptedServer.start(Script.always(""));
    String key = ", key: \"${UPSTREAM_KEY}\"";
    bed =
        Bed.start(
            Bed.pool("model", key + ", supports: {embeddings: true}", model.url()),
            Bed.pool("scripted", key, scripted.url()),
            Bed.pool("late", key + ", timeouts: {first-token: 200ms}", scripted.url()),
            Bed.pool("dead", key, "http://127.0.0.1:1"));
    answered();
    overHttp2();
    refused();
    failed();
    left();
    bed.requireSettled();
    recorded.addAll(model.recorded());
    administered();
  }

  @AfterAll
  void stop() throws Exception {
    bed.close();
    scripted.close();
    Bed.get(vertx.close());
    log.close();
  }

  private void ask(String path, String key, String body, String... headers) throws Exception {
    try (var client = bed.client()) {
      note(client.post(path, key, body, headers).read());
    }
  }

  private void note(RawClient.Answer answer) {
    answers.add(answer.status() + " " + answer.headers() + "\n" + answer.text());
  }

  private static String[] with(String... more) {
    var all = new ArrayList<>(List.of(SECRETS));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  private void answered() throws Exception {
    for (var body : List.of(WHOLE, STREAM)) {
      ask(Bed.CHAT, Bed.KEY, body, with());
      ask(Bed.CHAT, Bed.KEY, body, with("x-penstock-pool: model"));
      ask(Bed.CHAT, Bed.KEY, body, with("x-penstock-dry-run: true"));
      ask(Bed.CHAT + "?api_key=canary-secret-query", Bed.KEY, body, with());
    }
    ask(EMBEDDINGS, Bed.KEY, "{\"model\":\"auto\",\"input\":\"" + PROMPT + "\"}", with());
    var prompt = "{\"model\":\"auto\",\"max_tokens\":3,\"prompt\":\"" + PROMPT + "\"}";
    ask("/v1/completions", Bed.KEY, prompt, with());
    withTrailers();
    get("/v1/models");
    get("/v1/models/llama-2-7b");
  }

  private void withTrailers() throws Exception {
    try (var client = bed.client()) {
      client.send(
          "POST %s HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer %s\r\nTransfer-Encoding: chunked\r\nTrailer: Cookie\r\n%s\r\n\r\n%x\r\n%s\r\n0\r\nCookie: canary-secret-trailer\r\nAuthorization: Bearer %s\r\n\r\n"
              .formatted(
                  Bed.CHAT, Bed.KEY, String.join("\r\n", SECRETS), WHOLE.length(), WHOLE, Bed.KEY));
      note(client.read());
    }
  }

  private void get(String path) throws Exception {
    try (var client = bed.client()) {
      client.send(
          "GET " + path + " HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + Bed.KEY + "\r\n\r\n");
      note(client.read());
    }
  }

  private void overHttp2() throws Exception {
    var client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false));
    for (var body : List.of(WHOLE, STREAM, "{" + PROMPT)) {
      var head =
          new RequestOptions()
              .setMethod(HttpMethod.POST)
              .setHost("127.0.0.1")
              .setPort(bed.gateway().port())
              .setURI(Bed.CHAT)
              .addHeader("authorization", "Bearer " + Bed.KEY);
      for (var secret : SECRETS) {
        int colon = secret.indexOf(':');
        head.addHeader(
            secret.substring(0, colon).toLowerCase(Locale.ROOT), secret.substring(colon + 2));
      }
      var answer = Bed.get(client.request(head).compose(request -> request.send(body)));
      answers.add(
          answer.statusCode() + " " + answer.headers() + "\n" + Bed.get(answer.body()).toString());
    }
    Bed.get(client.close());
  }

  private void refused() throws Exception {
    String wrong = "sk-canary-secret-wrong-key";
    ask(Bed.CHAT, wrong, WHOLE, with());
    ask(Bed.CHAT, Bed.KEY, "{\"messages\":[" + PROMPT, with());
    ask(Bed.CHAT, Bed.KEY, "{\"" + PROMPT + "\":1}", with());
    ask(Bed.CHAT, Bed.KEY, WHOLE.replace("9", "\"" + PROMPT + "\""), with());
    ask(Bed.CHAT, Bed.KEY, WHOLE.replace("auto", "nobodys-model"), with());
    ask(Bed.CHAT, Bed.KEY, WHOLE.replace(":9", ":99999"), with());
    ask(Bed.CHAT, Bed.KEY, WHOLE, with("x-penstock-pool: nowhere"));
    ask("/v1/unknown?key=canary-secret-query", Bed.KEY, WHOLE, with());
    for (int i = 0; i < 2; i++) {
      ask(Bed.CHAT, Bed.TIGHT_KEY, WHOLE, with());
    }
    raw("GET " + Bed.CHAT + " HTTP/1.1\r\nHost: h\r\nCookie: canary-secret-cookie\r\n\r\n");
    raw("POST / canary-secret-line HTTP/9\r\nAuthorization: Bearer " + Bed.KEY + "\r\n\r\n");
    raw("canary-secret-no-http " + Bed.KEY + "\r\n\r\n");
    raw("POST / HTTP/1.1\r\nHost: h\r\nX canary-secret-header " + Bed.KEY + "\r\n\r\n");
    raw("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: canary-secret-length\r\n\r\n");
    raw(
        "POST "
            + Bed.CHAT
            + " HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer "
            + Bed.KEY
            + "\r\nTransfer-Encoding: chunked\r\n\r\n"
            + "canary-secret-chunk\r\n");
    raw("GET / HTTP/1.1\r\nHost: h\r\nCookie: " + "canary-secret-long".repeat(3000) + "\r\n\r\n");
  }

  /** What is no request: its answer, where there is one, or the end of the connection. */
  private void raw(String bytes) throws Exception {
    try (var client = bed.client()) {
      note(client.send(bytes).read());
    } catch (java.io.EOFException | java.net.SocketException closed) {
      answers.add("closed");
    }
  }

  private void failed() throws Exception {
    String said = "\"" + ANSWER + " " + PROMPT + "\"";
    String error = "{\"error\":{\"message\":" + said + ",\"type\":\"t\",\"code\":500}}";
    String words = Say.chunk("{\"content\":" + said + "}", "null");
    var scripts =
        List.of(
            Script.once(""),
            Script.once("HTTP/1.1 " + ANSWER),
            Script.once("HTTP/" + ANSWER + " 200 OK\r\n\r\n"),
            Script.once(ANSWER + " " + PROMPT + "\r\n\r\n"),
            Script.once("HTTP/1.1 200 OK\r\nContent-Length: " + ANSWER + "\r\n\r\n"),
            Script.once("HTTP/1.1 200 OK\r\n" + ANSWER + "\r\n\r\n"),
            Script.once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + ANSWER + "\r\n"),
            Script.once(Say.json(200, "{" + ANSWER)),
            Script.once(Say.json(200, Say.CHAT) + ANSWER),
            Script.once(Say.json(500, error)),
            Script.once(Say.json(200, error)),
            Script.once(Say.answer(200, "Content-Type: text/" + ANSWER + "\r\n", ANSWER)),
            Script.once(Say.stream(Say.ROLE, words)),
            Script.once(Say.stream(Say.ROLE, words) + ANSWER + "\r\n"),
            Script.once(Say.wholeStream(Say.ROLE, words, Say.frame(error))),
            Script.once(Say.wholeStream(Say.ROLE, words, Say.frame("{" + ANSWER))),
            (Script)
                wire -> {
                  String head = wire.request().head();
                  String echoed = head.replaceAll("\\R", " ").replace('"', '\'');
                  wire.send(
                      Say.answer(
                          400,
                          "Content-Type: application/json\r\nSet-Cookie: "
                              + echoed
                              + "\r\nX-Echo: "
                              + echoed
                              + "\r\n",
                          "{\"error\":{\"message\":\""
                              + echoed
                              + "\",\"type\":\"t\",\"param\":null,\"code\":null}}"));
                },
            (Script)
                wire -> {
                  String echoed = wire.request().head().replaceAll("\\R", " ").replace('"', '\'');
                  wire.send(
                      Say.wholeStream(
                          Say.ROLE,
                          Say.HEL,
                          Say.frame("{\"error\":{\"message\":\"" + echoed + "\"}}")));
                });
    for (var script : scripts) {
      for (var body : List.of(WHOLE, STREAM)) {
        scripted.plays(script);
        ask(Bed.CHAT, Bed.KEY, body, with("x-penstock-pool: scripted"));
        scripted.requests().forEach(request -> scriptedHeads.add(request.head()));
      }
    }
    scripted.plays(Script.hanging(""));
    ask(Bed.CHAT, Bed.KEY, STREAM, with("x-penstock-pool: late"));
    ask(Bed.CHAT, Bed.KEY, WHOLE, with("x-penstock-pool: dead"));
  }

  private void left() throws Exception {
    scripted.plays(Script.hanging(Say.stream(Say.ROLE, Say.HEL)));
    try (var client = bed.client()) {
      client.post(Bed.CHAT, Bed.KEY, STREAM, with("x-penstock-pool: scripted"));
      assertThat(client.readStatus()).isEqualTo(200);
    }
    TestBed.await(() -> bed.metric("penstock_cancelled_total", "\"streaming\"") == 1);
  }

  private void administered() throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      for (var path :
          List.of(
              "/",
              "/health",
              "/ready",
              "/metrics",
              "/api/pools",
              "/api/tiers",
              "/api/capacity",
              "/api/report?window=1h",
              "/nothing")) {
        var request =
            HttpRequest.newBuilder(
                    URI.create("http://127.0.0.1:" + bed.gateway().adminPort() + path))
                .build();
        var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        admin.add(path + " " + answer.headers().map() + "\n" + answer.body());
      }
    }
  }

  // The searches.

  private static final String[] CLIENTS = {Bed.KEY, Bed.TIGHT_KEY, "canary-secret", "sk-canary"};

  private static void requireNone(List<String> texts, String... words) {
    assertThat(texts).isNotEmpty();
    for (var text : texts) {
      assertThat(text).doesNotContainIgnoringCase(words);
    }
  }

  /** That the traffic was what it should be, and the searches search where something is. */
  @Test
  void traffic_hadEveryOutcome_andWasSeen() {
    for (var outcome : List.of("answered", "refused", "failed", "cancelled")) {
      assertThat(bed.metric("penstock_requests_total", "outcome=\"" + outcome + '"'))
          .as(outcome)
          .isPositive();
    }
    for (var status : List.of("200", "400", "401", "404", "405", "429", "431", "502", "504")) {
      assertThat(answers).as(status).anyMatch(answer -> answer.startsWith(status));
    }
    assertThat(recorded).hasSizeGreaterThan(8);
    assertThat(recorded).anyMatch(one -> one.body().toString().contains(PROMPT));
    assertThat(scriptedHeads).hasSizeGreaterThan(30);
    assertThat(answers).anyMatch(answer -> answer.contains(ANSWER));
    assertThat(log.lines()).anyMatch(line -> line.contains("outcome=answered"));
    assertThat(log.lines()).anyMatch(line -> line.contains("outcome=failed"));
    assertThat(log.lines()).anyMatch(line -> line.startsWith("io.netty"));
  }

  @Test
  void modelServers_seeWhatIsListed_andTheirOwnCredential() {
    for (var one : recorded) {
      for (var header : one.headers()) {
        assertThat(PASSED).contains(header.getKey().toLowerCase(Locale.ROOT));
        requireNone(List.of(header.getValue()), CLIENTS);
      }
      assertThat(one.target()).startsWith("/v1/").doesNotContain("?");
      assertThat(one.header("authorization")).isEqualTo("Bearer " + TestBed.UPSTREAM_KEY);
      requireNone(List.of(one.body().toString()), CLIENTS);
    }
    requireNone(scriptedHeads, CLIENTS);
    for (var head : scriptedHeads) {
      head.lines()
          .skip(1)
          .filter(line -> !line.isEmpty())
          .forEach(line ->
              assertThat(PASSED)
                  .contains(line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT)));
    }
  }

  @Test
  void log_hasNoSecret_noPrompt_noAnswer() {
    requireNone(log.lines(), CLIENTS);
    requireNone(log.lines(), TestBed.UPSTREAM_KEY, PROMPT, ANSWER, "nobodys-model");
  }

  @Test
  void adminPort_hasNoSecret_noPrompt_noAnswer_noHash() throws Exception {
    requireNone(admin, CLIENTS);
    requireNone(
        admin,
        TestBed.UPSTREAM_KEY,
        PROMPT,
        ANSWER,
        "nobodys-model",
        "no-such-pool",
        Bed.sha256(Bed.KEY));
  }

  @Test
  void clients_seeNoCredential_ofTheirsOrOfThePools() {
    requireNone(answers, CLIENTS);
    requireNone(answers, TestBed.UPSTREAM_KEY, "set-cookie", "x-echo");
  }
}
