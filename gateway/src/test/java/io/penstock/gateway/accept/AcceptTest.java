package io.penstock.gateway.accept;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.config.Complexity;
import io.penstock.config.Limits;
import io.penstock.config.Server;
import io.penstock.config.Tier;
import io.penstock.gateway.call.Accepted;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.ClientGone;
import io.penstock.gateway.call.Directives;
import io.penstock.gateway.call.Identified;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.Problem;
import io.penstock.gateway.call.Refusal;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AcceptTest {
  private static final String BODY =
      "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final int LIMIT = 200_000;

  private static final Tier TIER =
      new Tier(
          "t",
          Limits.NONE,
          Optional.empty(),
          Tier.Priority.NORMAL,
          Map.of(Complexity.SIMPLE, "p", Complexity.MEDIUM, "p", Complexity.COMPLEX, "p"),
          List.of(),
          Tier.WhenBusy.REJECT,
          Map.of());

  private final Vertx vertx = Vertx.vertx();
  private final BlockingQueue<Object> outcomes = new LinkedBlockingQueue<>();
  private final List<Socket> sockets = new ArrayList<>();
  private boolean askForKey;

  @AfterEach
  void close() throws Exception {
    for (var socket : sockets) {
      socket.close();
    }
    vertx.close().await(30, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/chat/completions,CHAT_COMPLETIONS,messages",
    "/v1/completions?api-version=1,COMPLETIONS,prompt",
    "/v1/embeddings,EMBEDDINGS,input"
  })
  void read_routes_areOperations(String path, Operation operation, String field) throws Exception {
    var value = operation == Operation.CHAT_COMPLETIONS ? "[{\"role\":\"user\"}]" : "\"x\"";
    var call = accepted(serve(), head(path) + sized("{\"" + field + "\":" + value + "}"));
    assertThat(call.operation()).isEqualTo(operation);
    assertThat(call.directives()).isEqualTo(Directives.NONE);
    assertThat(call.authorization()).isNull();
    assertThat(call.id()).matches("req_[0-9a-f]{32}");
  }

  @Test
  void read_body_arrivesAsItWasSent() throws Exception {
    var call = accepted(serve(), head() + "Authorization: Bearer k\r\n" + sized(BODY));
    assertThat(new String(call.body().bytes(), 0, call.body().length(), UTF_8)).isEqualTo(BODY);
    assertThat(call.body().model()).isEqualTo("m");
    assertThat(call.authorization()).isEqualTo("Bearer k");
    assertThat(call.startNanos()).isLessThan(System.nanoTime());
    assertThat(call.toString()).doesNotContain("Bearer");
  }

  @Test
  void read_chunkedBody_isPutTogether() throws Exception {
    var socket = connect(serve());
    send(socket, head() + "Transfer-Encoding: chunked\r\n\r\n");
    for (int at = 0; at < BODY.length(); at += 5) {
      String piece = BODY.substring(at, Math.min(BODY.length(), at + 5));
      send(socket, Integer.toHexString(piece.length()) + "\r\n" + piece + "\r\n");
    }
    send(socket, "0\r\n\r\n");
    var call = call(next());
    assertThat(new String(call.body().bytes(), 0, call.body().length(), UTF_8)).isEqualTo(BODY);
  }

  @Test
  void read_longBody_isPutTogether() throws Exception {
    String body = BODY.replace("hi", "0123456789".repeat(15_000));
    for (String framing : List.of("", "chunked")) {
      var call = accepted(serve(), head() + (framing.isEmpty() ? sized(body) : chunked(body)));
      assertThat(new String(call.body().bytes(), 0, call.body().length(), UTF_8)).isEqualTo(body);
      assertThat(call.body().bytes().length).isLessThanOrEqualTo(2 * body.length());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/", "/v1/chat/completions/", "/v1/chat", "/V1/chat/completions", "/v1/responses"})
  void read_unknownPath_isRefused(String path) throws Exception {
    assertThat(refused(serve(), head(path) + sized(BODY)))
        .isEqualTo(new Refusal.UnknownRoute("POST", path));
  }

  @Test
  void read_veryLongUnknownPath_isShownInPart() throws Exception {
    assertThat(refused(serve(), head("/" + "x".repeat(1_000)) + sized(BODY)).toString())
        .hasSizeLessThan(300);
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "PUT", "DELETE", "OPTIONS", "HEAD"})
  void read_otherMethod_isRefused(String method) throws Exception {
    String head = head().replaceFirst("POST", method);
    assertThat(refused(serve(), head + "\r\n"))
        .isEqualTo(new Refusal.WrongMethod(method, "/v1/chat/completions", "POST"));
  }

  @Test
  void read_emptyBody_isInvalidJson() throws Exception {
    var server = serve();
    for (String framing : List.of("\r\n", "Content-Length: 0\r\n\r\n", chunked(""))) {
      assertThat(refused(server, head() + framing))
          .isInstanceOfSatisfying(
              Refusal.BadRequest.class, bad -> assertThat(bad.code()).isEqualTo("invalid_json"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/plain", "application/x-www-form-urlencoded", "nonsense"})
  void read_otherContentType_isTolerated(String type) throws Exception {
    assertThat(accepted(serve(), head() + "Content-Type: " + type + "\r\n" + sized(BODY)).body())
        .isNotNull();
  }

  @ParameterizedTest
  @CsvSource({"identity,true", "Identity,true", "gzip,false", "br,false", "'gzip, identity',false"})
  void read_contentEncoding_isIdentityOrRefused(String encoding, boolean taken) throws Exception {
    send(connect(serve()), head() + "Content-Encoding: " + encoding + "\r\n" + sized(BODY));
    if (taken) {
      assertThat(call(next()).body()).isNotNull();
    } else {
      assertThat(next())
          .isInstanceOfSatisfying(
              Refusal.BadRequest.class,
              bad -> assertThat(bad.code()).isEqualTo("unsupported_content_encoding"));
    }
  }

  @Test
  void read_directives_areRead() throws Exception {
    String headers =
        """
        X-Penstock-Dry-Run: True\r
        x-penstock-pool: small\r
        x-penstock-cache: no-store, no-cache\r
        x-penstock-deadline-ms: 1500\r
        """;
    assertThat(accepted(serve(), head() + headers + sized(BODY)).directives())
        .isEqualTo(new Directives(true, "small", true, true, 1_500));
  }

  @ParameterizedTest
  @CsvSource({
    "x-penstock-dry-run,yes",
    "x-penstock-pool,''",
    "x-penstock-cache,off",
    "x-penstock-deadline-ms,0",
    "x-penstock-deadline-ms,-5",
    "x-penstock-deadline-ms,1.5",
    "x-penstock-deadline-ms,86400001",
    "x-penstock-deadline-ms,99999999999999999999"
  })
  void read_badDirective_namesTheHeader(String header, String value) throws Exception {
    assertThat(refused(serve(), head() + header + ": " + value + "\r\n" + sized(BODY)))
        .isInstanceOfSatisfying(
            Refusal.BadRequest.class,
            bad -> {
              assertThat(bad.code()).isEqualTo("invalid_value");
              assertThat(bad.param()).isEqualTo(header);
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"abc", "A.b-c:d_9", "550e8400-e29b-41d4-a716-446655440000"})
  void read_wellFormedRequestId_isKept(String id) throws Exception {
    var socket = connect(serve());
    send(socket, head() + "X-Request-Id: " + id + "\r\n" + sized(BODY));
    assertThat(call(next()).id()).isEqualTo(id);
    assertThat(response(socket)).contains("x-request-id: " + id + "\r\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "<script>", "a/b", "ü"})
  void read_oddRequestId_isReplaced(String id) throws Exception {
    var server = serve();
    assertThat(accepted(server, head() + "X-Request-Id: " + id + "\r\n" + sized(BODY)).id())
        .startsWith("req_");
    assertThat(
            accepted(server, head() + "X-Request-Id: " + "x".repeat(129) + "\r\n" + sized(BODY))
                .id())
        .startsWith("req_");
  }

  @Test
  void read_refused_stillCarriesTheRequestId() throws Exception {
    var socket = connect(serve());
    send(socket, head("/nowhere") + "X-Request-Id: mine\r\n" + sized(BODY));
    assertThat(next()).isInstanceOf(Refusal.UnknownRoute.class);
    assertThat(response(socket)).startsWith("HTTP/1.1 404").contains("x-request-id: mine\r\n");
  }

  @Test
  void read_announcedTooLarge_isRefusedBeforeAnyByte() throws Exception {
    var socket = connect(serve());
    send(socket, head() + "Content-Length: " + (LIMIT + 1) + "\r\n\r\n");
    assertThat(next()).isEqualTo(new Refusal.TooLarge(LIMIT));
    assertThat(response(socket)).startsWith("HTTP/1.1 413");
  }

  @Test
  void read_exactlyTheLimit_isTaken() throws Exception {
    String body = BODY + " ".repeat(LIMIT - BODY.length());
    assertThat(accepted(serve(), head() + sized(body)).body().length()).isEqualTo(LIMIT);
    assertThat(accepted(serve(), head() + chunked(body)).body().length()).isEqualTo(LIMIT);
    assertThat(refused(serve(), head() + chunked(body + " ")))
        .isEqualTo(new Refusal.TooLarge(LIMIT));
  }

  @Test
  void read_tooLargeThenMore_isThrownAwayThenCutOff() throws Exception {
    var socket = connect(serve());
    send(socket, head() + "Transfer-Encoding: chunked\r\n\r\n");
    String chunk = Integer.toHexString(50_000) + "\r\n" + "x".repeat(50_000) + "\r\n";
    assertThat(sentUntilCutOff(socket, chunk)).isLessThan(200_000_000L);
    assertThat(next()).isEqualTo(new Refusal.TooLarge(LIMIT));
  }

  @Test
  void read_refusedWithModestBody_keepsTheConnection() throws Exception {
    var socket = connect(serve());
    send(socket, head("/nowhere") + sized("x".repeat(100_000)) + head() + sized(BODY));
    assertThat(next()).isInstanceOf(Refusal.UnknownRoute.class);
    assertThat(call(next()).body().model()).isEqualTo("m");
    assertThat(response(socket)).startsWith("HTTP/1.1 404");
  }

  @Test
  void read_badKey_isRefusedBeforeTheBody() throws Exception {
    askForKey = true;
    var socket = connect(serve());
    send(socket, head() + "Authorization: Bearer bad\r\nContent-Length: 150000\r\n\r\n{");
    assertThat(next()).isEqualTo(new Refusal.Unauthenticated(true));
    assertThat(response(socket)).startsWith("HTTP/1.1 401");
  }

  @Test
  void read_goodKey_readsTheBody() throws Exception {
    askForKey = true;
    assertThat(accepted(serve(), head() + "Authorization: Bearer good\r\n" + sized(BODY)).body())
        .isNotNull();
  }

  @Test
  void read_slowUpload_isTimedOut() throws Exception {
    var timeout = Duration.ofMillis(50);
    for (String start :
        List.of(
            "Content-Length: 100\r\n\r\n{\"model\"",
            "Content-Length: 9\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")) {
      var socket = connect(serve(timeout));
      send(socket, head() + start);
      assertThat(next()).isEqualTo(new Refusal.UploadTimeout(timeout));
      assertThat(response(socket)).startsWith("HTTP/1.1 408");
    }
  }

  @Test
  void read_bodyAfterItsHead_isTaken() throws Exception {
    var socket = connect(serve());
    send(socket, head() + "Content-Length: " + BODY.length() + "\r\n\r\n");
    for (char c : BODY.toCharArray()) {
      send(socket, String.valueOf(c));
    }
    assertThat(call(next()).body().model()).isEqualTo("m");
  }

  @Test
  void read_clientLeavesInItsUpload_failsWithClientGone() throws Exception {
    for (String start : List.of("", "{\"model\"")) {
      var socket = connect(serve());
      send(socket, head() + "Content-Length: 100\r\n\r\n" + start);
      socket.close();
      assertThat(next()).isInstanceOf(ClientGone.class);
    }
  }

  @Test
  void read_brokenChunk_failsWithClientGone() throws Exception {
    var socket = connect(serve());
    send(socket, head() + "Transfer-Encoding: chunked\r\n\r\nnonsense\r\n");
    assertThat(next()).isInstanceOf(ClientGone.class);
  }

  @Test
  void read_expectContinue_isAnswered() throws Exception {
    var socket = connect(serve());
    send(socket, head() + "Expect: 100-continue\r\nContent-Length: " + BODY.length() + "\r\n\r\n");
    assertThat(response(socket)).startsWith("HTTP/1.1 100");
    send(socket, BODY);
    assertThat(call(next()).body().model()).isEqualTo("m");
  }

  @Test
  void read_pipelinedRequests_areReadOneByOne() throws Exception {
    String request = head() + sized(BODY);
    send(connect(serve()), request + request + request);
    for (int i = 0; i < 3; i++) {
      assertThat(call(next()).body().model()).isEqualTo("m");
    }
  }

  @Test
  void read_http2_behavesTheSame() throws Exception {
    int port = serve();
    var client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false));
    var responses = new ArrayList<Integer>();
    for (String body : List.of(BODY, BODY + " ".repeat(LIMIT), BODY)) {
      var request =
          client
              .request(HttpMethod.POST, port, "127.0.0.1", "/v1/chat/completions")
              .await(30, TimeUnit.SECONDS);
      responses.add(request.send(body).await(30, TimeUnit.SECONDS).statusCode());
    }
    assertThat(responses).containsExactly(200, 413, 200);
    var cut =
        client
            .request(HttpMethod.POST, port, "127.0.0.1", "/v1/chat/completions")
            .await(30, TimeUnit.SECONDS);
    cut.setChunked(true).write("{").await(30, TimeUnit.SECONDS);
    for (int i = 0; i < 3; i++) {
      next();
    }
    cut.reset();
    assertThat(next()).isInstanceOf(ClientGone.class);
  }

  @Test
  void read_http2TooLargeThenMore_resetsTheStreamAlone() throws Exception {
    int port = serve();
    var client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false),
            new PoolOptions().setHttp2MaxSize(1));
    var large =
        client
            .request(HttpMethod.POST, port, "127.0.0.1", "/v1/chat/completions")
            .await(30, TimeUnit.SECONDS)
            .setChunked(true);
    var chunk = Buffer.buffer("x".repeat(50_000));
    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 4_000; i++) {
                large.write(chunk).await(30, TimeUnit.SECONDS);
              }
            })
        .isNotInstanceOf(TimeoutException.class);
    assertThat(large.response().await(30, TimeUnit.SECONDS).statusCode()).isEqualTo(413);
    assertThat(next()).isEqualTo(new Refusal.TooLarge(LIMIT));
    var after =
        client
            .request(HttpMethod.POST, port, "127.0.0.1", "/v1/chat/completions")
            .await(30, TimeUnit.SECONDS);
    assertThat(after.connection()).isSameAs(large.connection());
    assertThat(after.send(BODY).await(30, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
  }

  private int serve() throws Exception {
    return serve(Duration.ofSeconds(60));
  }

  private int serve(Duration bodyTimeout) throws Exception {
    var accept =
        new Accept(
            new Server(
                "127.0.0.1",
                0,
                LIMIT,
                16 << 10,
                Duration.ofMinutes(5),
                Duration.ofSeconds(30),
                bodyTimeout,
                Duration.ofSeconds(30),
                Duration.ZERO,
                Optional.empty()));
    return vertx
        .createHttpServer(new HttpServerOptions().setHandle100ContinueAutomatically(true))
        .requestHandler(request -> handle(accept, request))
        .listen(0, "127.0.0.1")
        .await(30, TimeUnit.SECONDS)
        .actualPort();
  }

  private void handle(Accept accept, HttpServerRequest request) {
    var reading =
        askForKey
            ? accept.read(request, key -> Future.succeededFuture(identify(key)))
            : accept.read(request);
    reading.onComplete(read -> {
      outcomes.add(read.succeeded() ? read.result() : read.cause());
      if (read.succeeded()) {
        int status = read.result() instanceof Refusal refusal ? Problem.of(refusal).status() : 200;
        request.response().setStatusCode(status).end();
      }
    });
  }

  private static Identified identify(@Nullable String key) {
    return "Bearer good".equals(key)
        ? new Caller("id", "tenant", TIER)
        : new Refusal.Unauthenticated(key != null);
  }

  private static String head() {
    return head("/v1/chat/completions");
  }

  private static String head(String path) {
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\n";
  }

  private static String sized(String body) {
    return "Content-Length: " + body.getBytes(UTF_8).length + "\r\n\r\n" + body;
  }

  private static String chunked(String body) {
    String chunk =
        body.isEmpty() ? "" : Integer.toHexString(body.length()) + "\r\n" + body + "\r\n";
    return "Transfer-Encoding: chunked\r\n\r\n" + chunk + "0\r\n\r\n";
  }

  private Call accepted(int port, String request) throws Exception {
    send(connect(port), request);
    return call(next());
  }

  private Refusal refused(int port, String request) throws Exception {
    send(connect(port), request);
    return (Refusal) next();
  }

  private static Call call(Object outcome) {
    assertThat(outcome).isInstanceOf(Accepted.Request.class);
    return ((Accepted.Request) outcome).call();
  }

  private Object next() throws InterruptedException {
    var outcome = outcomes.poll(30, TimeUnit.SECONDS);
    assertThat(outcome).isNotNull();
    return outcome;
  }

  private Socket connect(int port) throws IOException {
    var socket = new Socket("127.0.0.1", port);
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(30_000);
    sockets.add(socket);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(UTF_8));
  }

  private static long sentUntilCutOff(Socket socket, String chunk) {
    long sent = 0;
    try {
      while (sent < 200_000_000L) {
        send(socket, chunk);
        sent += chunk.length();
      }
    } catch (IOException _) {
      // that is what is waited for
    }
    return sent;
  }

  /** The head of the next response. */
  private static String response(Socket socket) throws IOException {
    var head = new StringBuilder();
    InputStream in = socket.getInputStream();
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        break;
      }
      head.append(new String(new byte[] {(byte) b}, ISO_8859_1));
    }
    return head.toString();
  }
}
