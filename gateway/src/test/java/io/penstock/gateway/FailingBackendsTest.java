package io.penstock.gateway;

import static io.penstock.gateway.TestGateway.pool;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a call when a backend fails it, before the client has a byte. */
final class FailingBackendsTest {
  private static final String CHAT =
      "{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  private static final String STREAM =
      "{\"model\":\"auto\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  private static final String ANSWER =
      "{\"id\":\"x\",\"object\":\"chat.completion\",\"model\":\"m\",\"choices\":[{\"index\":0,"
          + "\"message\":{\"role\":\"assistant\",\"content\":\"ok\"},\"finish_reason\":\"stop\"}],"
          + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1,\"total_tokens\":4}}";

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable closeable : open.reversed()) {
      closeable.close();
    }
  }

  private RawServer server(RawServer.Script script) throws IOException {
    RawServer server = RawServer.start(script);
    open.add(server);
    return server;
  }

  private RawServer good() throws IOException {
    return server(exchange -> exchange.json(200, ANSWER));
  }

  private TestGateway gateway(String pools) {
    TestGateway gateway = TestGateway.start(pools);
    open.add(gateway);
    return gateway;
  }

  private static String nobody() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return "http://127.0.0.1:" + free.getLocalPort();
    }
  }

  private static String attempts(HttpResponse<String> answer) {
    return answer.headers().firstValue("x-penstock-attempts").orElse("none");
  }

  private static String servedBy(HttpResponse<String> answer) {
    return answer.headers().firstValue("x-penstock-backend").orElse("none");
  }

  @Test
  void aKeptConnectionThatDied_isReplacedByAFreshOne_atTheSameBackend() throws IOException {
    RawServer server =
        server(exchange -> {
          exchange.json(200, ANSWER);
          if (exchange.number() == 1) {
            // Keep-alive was announced; the connection dies with the next request.
            exchange.socket().getInputStream().read();
            exchange.socket().setSoLinger(true, 0);
            exchange.socket().close();
          }
        });
    TestGateway gateway = gateway(pool("p", "", server.url()));

    assertThat(attempts(gateway.chat(CHAT))).isEqualTo("1");
    HttpResponse<String> second = gateway.chat(CHAT);

    assertThat(second.statusCode()).as(second.body()).isEqualTo(200);
    assertThat(attempts(second)).isEqualTo("2");
    assertThat(server.connections()).isEqualTo(2);
  }

  @Test
  void aKeptConnection_isUsedAgain() throws IOException {
    RawServer server = good();
    TestGateway gateway = gateway(pool("p", "", server.url()));

    for (int i = 0; i < 5; i++) {
      assertThat(gateway.chat(CHAT).statusCode()).isEqualTo(200);
    }

    assertThat(server.connections()).isEqualTo(1);
  }

  @Test
  void aBackendThatRefusesConnections_isPassedOver() throws IOException {
    RawServer server = good();
    TestGateway gateway = gateway(pool("p", "", nobody(), server.url()));

    HttpResponse<String> answer = gateway.chat(CHAT);

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(servedBy(answer)).isEqualTo("p-2");
    assertThat(attempts(answer)).isEqualTo("2");
    assertThat(gateway.metric("penstock_retries_total", "pool=\"p\"")).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403, 404, 500, 502, 503, 504})
  void aStatusThatIsTheServersFault_sendsTheCallElsewhere(int status) throws IOException {
    RawServer bad = server(exchange -> exchange.json(status, "{\"error\":\"no\"}"));
    RawServer fine = good();
    TestGateway gateway = gateway(pool("p", "", bad.url(), fine.url()));

    HttpResponse<String> answer = gateway.chat(CHAT);

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(attempts(answer)).isEqualTo("2");
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403, 404, 500, 502, 503, 504, 302})
  void aStatusThatIsTheServersFault_withNobodyElse_isBadGateway(int status) throws IOException {
    RawServer bad =
        server(exchange -> exchange.json(status, "{\"error\":\"secret of the server\"}"));
    TestGateway gateway = gateway(pool("p", "", bad.url()));

    HttpResponse<String> answer = gateway.chat(CHAT);

    assertThat(answer.statusCode()).isEqualTo(502);
    assertThat(answer.body())
        .contains("\"type\":\"api_error\"", "\"code\":\"upstream_error\"")
        .doesNotContain("secret");
    assertThat(gateway.metric("penstock_requests_total", "outcome=\"failed\"")).isEqualTo(1);
  }

  @Test
  void aPoolThatIsDown_fallsBackToItsNext() throws IOException {
    RawServer fine = good();
    TestGateway gateway = gateway(pool("p", "fallback: [q]", nobody()) + pool("q", "", fine.url()));

    HttpResponse<String> answer = gateway.chat(CHAT);

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.headers().firstValue("x-penstock-pool")).contains("q");
    assertThat(gateway.metric("penstock_fallbacks_total", "from=\"p\"", "to=\"q\"")).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "400, 400, T, '\"400\"'",
    "413, 413, T, '\"413\"'",
    "422, 422, T, '\"422\"'",
    "501, 400, invalid_request_error, null"
  })
  void aStatusThatIsTheClientsFault_isTheClientsAnswer(
      int given, int told, String type, String code) throws IOException {
    RawServer server =
        server(exchange ->
            exchange.json(
                given,
                "{\"object\":\"error\",\"message\":\"so wrong\",\"type\":\"T\",\"code\":"
                    + given
                    + "}"));
    TestGateway gateway = gateway(pool("p", "", server.url(), server.url()));

    HttpResponse<String> answer = gateway.chat(CHAT);

    assertThat(answer.statusCode()).isEqualTo(told);
    assertThat(answer.body())
        .isEqualTo(
            "{\"error\":{\"message\":\"so wrong\",\"type\":\"%s\",\"param\":null,\"code\":%s}}"
                .formatted(type, code));
    assertThat(server.heads()).hasSize(1);
    assertThat(gateway.metric("penstock_requests_total", "outcome=\"answered\"")).isEqualTo(1);
  }

  @Test
  void tooManyRequests_isAskedElsewhere_andTheClientsWhereAllSaySo() throws IOException {
    RawServer limited =
        server(exchange ->
            exchange.write("HTTP/1.1 429 X\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n"));
    RawServer fine = good();
    TestGateway gateway = gateway(pool("p", "", limited.url(), fine.url()));

    for (int i = 0; i < 4; i++) {
      HttpResponse<String> answer = gateway.chat(CHAT);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(servedBy(answer)).isEqualTo("p-2");
    }
    assertThat(limited.heads()).hasSize(1);
    assertThat(gateway.metric("penstock_retries_total", "reason=\"status_429\"")).isEqualTo(1);
  }

  @Test
  void aBackendThatNamesATime_isNotAskedBefore_andTheClientIsToldIt() throws IOException {
    RawServer busy =
        server(exchange ->
            exchange.write("HTTP/1.1 503 X\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n"));
    TestGateway gateway = gateway(pool("p", "", busy.url()));

    assertThat(gateway.chat(CHAT).statusCode()).isEqualTo(502);
    HttpResponse<String> second = gateway.chat(CHAT);

    assertThat(second.statusCode()).isEqualTo(503);
    assertThat(second.body()).contains("\"code\":\"no_backend\"");
    assertThat(Integer.parseInt(second.headers().firstValue("retry-after").orElseThrow()))
        .isBetween(1, 60);
    assertThat(busy.heads()).hasSize(1);
  }

  @Test
  void aKeyThatIsLimited_rests_andTheCallGoesOutWithTheOther(@TempDir Path directory)
      throws IOException {
    RawServer provider =
        server(exchange -> {
          if (exchange.server().heads().getLast().contains("Bearer one")) {
            exchange.write("HTTP/1.1 429 X\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n");
          } else {
            exchange.json(200, ANSWER);
          }
        });
    TestGateway gateway =
        gateway(
            pool(
                "p",
                "keys: ['file:%s', 'file:%s']"
                    .formatted(
                        Files.writeString(directory.resolve("one"), "one"),
                        Files.writeString(directory.resolve("two"), "two")),
                provider.url()));

    for (int i = 0; i < 5; i++) {
      assertThat(gateway.chat(CHAT).statusCode()).isEqualTo(200);
    }
    assertThat(provider.heads()).filteredOn(head -> head.contains("Bearer one")).hasSize(1);
    assertThat(provider.heads()).filteredOn(head -> head.contains("Bearer two")).hasSize(5);
  }

  @Test
  void aProviderThatHasNothingLeft_isNotAskedBeforeItsReset() throws IOException {
    RawServer provider =
        server(exchange ->
            exchange.write(
                "HTTP/1.1 200 X\r\nContent-Type: application/json\r\n"
                    + "x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 1m0s\r\n"
                    + "Content-Length: "
                    + ANSWER.length()
                    + "\r\n\r\n"
                    + ANSWER));
    TestGateway gateway = gateway(pool("p", "provider: openai", provider.url()));

    assertThat(gateway.chat(CHAT).statusCode()).isEqualTo(200);
    HttpResponse<String> second = gateway.chat(CHAT);

    assertThat(second.statusCode()).isEqualTo(503);
    assertThat(second.headers().firstValue("retry-after")).contains("60");
    assertThat(provider.heads()).hasSize(1);
  }

  @Test
  void aPoolThatFailsAllItsCalls_isAskedLittleMoreThanItsCalls() throws IOException {
    RawServer bad = server(exchange -> exchange.json(500, "{}"));
    TestGateway gateway =
        gateway(pool("p", "breaker: {window: 1000, minimum: 1000}", bad.url(), bad.url()));

    for (int i = 0; i < 40; i++) {
      assertThat(gateway.chat(CHAT).statusCode()).isEqualTo(502);
    }
    assertThat(bad.heads()).hasSizeBetween(50, 40 + 10 + 4);
    assertThat(gateway.metric("penstock_retries_denied_total", "pool=\"p\"")).isPositive();
  }

  @Test
  void aBackendThatFailsAlways_opensItsBreaker() throws IOException {
    RawServer bad = server(exchange -> exchange.json(500, "{}"));
    RawServer fine = good();
    TestGateway gateway =
        gateway(pool("p", "breaker: {pause: 1h, longest-pause: 1h}", bad.url(), fine.url()));

    for (int i = 0; i < 20; i++) {
      assertThat(gateway.chat(CHAT).statusCode()).isEqualTo(200);
    }
    assertThat(bad.heads()).hasSize(5);
    assertThat(gateway.metric("penstock_breaker_state", "backend=\"p-1\"")).isEqualTo(2);
    assertThat(gateway.metric("penstock_breaker_state", "backend=\"p-2\"")).isZero();
  }

  @Test
  void tooManyRequests_isPassedOn_withItsRetryAfter() throws IOException {
    RawServer server =
        server(exchange ->
            exchange.write("HTTP/1.1 429 X\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"));
    TestGateway gateway = gateway(pool("p", "", server.url()));

    HttpResponse<String> answer = gateway.chat(CHAT);

    assertThat(answer.statusCode()).isEqualTo(429);
    assertThat(answer.headers().firstValue("retry-after")).contains("7");
    assertThat(answer.headers().firstValue("retry-after-ms")).contains("7000");
  }

  @Test
  void aFiveHundredForTheClientsOwnFault_isABadRequest() throws IOException {
    RawServer server =
        server(exchange ->
            exchange.json(
                500,
                "{\"error\":{\"code\":500,\"message\":\"[json.exception.type_error.302] type\","
                    + "\"type\":\"server_error\"}}"));
    TestGateway gateway = gateway(pool("p", "", server.url()));

    HttpResponse<String> answer = gateway.chat(CHAT);

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("\"type\":\"invalid_request_error\"", "\"code\":null");
  }

  @Test
  void anErrorInOpenAisForm_isPassedOnByteForByte() throws IOException {
    String error =
        "{ \"error\": {\"message\":\"m\", \"type\":\"t\", \"param\":null, \"code\":\"c\"} ,"
            + " \"x\":1}";
    RawServer server = server(exchange -> exchange.json(400, error));
    TestGateway gateway = gateway(pool("p", "", server.url()));

    assertThat(gateway.chat(CHAT).body()).isEqualTo(error);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>",
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\n"
            + "Content-Type: application/json\r\n"
            + "Content-Length: 22\r\n\r\n"
            + "{\"error\":\"overloaded\"}",
        "SSH-2.0-OpenSSH_9.2\r\n",
      })
  void anAnswerThatIsNone_isBadGateway(String bytes) throws IOException {
    RawServer server = server(exchange -> exchange.write(bytes));
    TestGateway gateway = gateway(pool("p", "", server.url()));

    HttpResponse<String> answer = gateway.chat(CHAT);

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(502);
    assertThat(answer.body()).contains("\"code\":\"upstream_error\"");
  }

  @Test
  void anAnswerThatIsCutOff_isBadGateway() throws IOException {
    RawServer server =
        server(exchange -> {
          exchange.write(
              "HTTP/1.1 200 OK\r\n"
                  + "Content-Type: application/json\r\n"
                  + "Content-Length: 500\r\n\r\n"
                  + "{\"cho");
          exchange.socket().close();
        });
    TestGateway gateway = gateway(pool("p", "", server.url()));

    assertThat(gateway.chat(CHAT).statusCode()).isEqualTo(502);
  }

  @Test
  void anAnswerBeforeTheBodyWasRead_isStillTheAnswer() throws IOException {
    RawServer server =
        RawServer.answeringHeads(
            "HTTP/1.1 400 X\r\nConnection: close\r\nContent-Type: application/json\r\n"
                + "Content-Length: 23\r\n\r\n{\"error\":\"not at all!\"}\n");
    open.add(server);
    TestGateway gateway = gateway(pool("p", "", server.url()));
    String large =
        "{\"model\":\"auto\",\"metadata\":\""
            + "x".repeat(4 << 20)
            + "\","
            + "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

    HttpResponse<String> answer = gateway.chat(large);

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    assertThat(answer.body()).contains("not at all!");
  }

  @Test
  void aStreamThatFailsBeforeItsFirstContent_isServedElsewhere() throws IOException {
    RawServer bad =
        server(exchange -> {
          exchange.events(
              "data:"
                  + " {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
              "data: {\"error\":{\"message\":\"CUDA\",\"code\":500}}\n\n");
          exchange.lastChunk();
        });
    RawServer fine =
        server(exchange -> {
          exchange.events(
              "data:"
                  + " {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"yes\"},\"finish_reason\":\"stop\"}]}\n\n",
              "data: [DONE]\n\n");
          exchange.lastChunk();
        });
    TestGateway gateway = gateway(pool("p", "", bad.url(), fine.url()));

    HttpResponse<String> answer = gateway.chat(STREAM);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(attempts(answer)).isEqualTo("2");
    assertThat(answer.body())
        .isEqualTo(
            "data:"
                + " {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"yes\"},\"finish_reason\":\"stop\"}]}\n\n"
                + "data: [DONE]\n\n");
  }

  @Test
  void aStreamWhoseFirstFrameIsTheClientsFault_isAProperError() throws IOException {
    RawServer server =
        server(exchange -> {
          exchange.events("data: {\"error\":{\"message\":\"bad\",\"code\":400}}\n\n");
          exchange.lastChunk();
        });
    TestGateway gateway = gateway(pool("p", "", server.url()));

    HttpResponse<String> answer = gateway.chat(STREAM);

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.headers().firstValue("content-type")).contains("application/json");
  }
}
