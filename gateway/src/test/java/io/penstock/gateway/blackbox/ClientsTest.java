package io.penstock.gateway.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.TestBed;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What clients do to a server, well meant or not, over raw sockets. */
class ClientsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CHAT = "/v1/chat/completions";
  private static final String HELLO =
      "{\"model\":\"auto\",\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
  private static final String STREAM = HELLO.replace("{\"model\"", "{\"stream\":true,\"model\"");
  private static TestBed bed;

  @BeforeAll
  static void start() throws Exception {
    bed = TestBed.start();
  }

  @AfterAll
  static void stop() throws Exception {
    bed.close();
  }

  @AfterEach
  void everythingAcceptedEnded() {
    bed.assertNothingLost();
  }

  private static RawClient client() throws Exception {
    return new RawClient(bed.port());
  }

  private static JsonNode refused(RawClient.Answer answer, int status, String code)
      throws Exception {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.header("content-type")).startsWith("application/json");
    assertThat(answer.header("x-request-id")).isNotEmpty();
    JsonNode error = JSON.readTree(answer.body()).path("error");
    assertThat(error.size()).isEqualTo(4);
    assertThat(error.path("message").isTextual()).isTrue();
    assertThat(error.path("type").isTextual()).isTrue();
    assertThat(error.has("param")).isTrue();
    assertThat(error.path("code").asText()).isEqualTo(code);
    return error;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "400 | invalid_json | {",
        "400 | invalid_json | {\"messages\":[]",
        "400 | invalid_json | not json",
        "400 | invalid_json | {\"messages\":[{\"role\":\"user\",\"content\":\"\\ud83e\"}]}",
        "400 | missing_required_parameter | {}",
        "400 | missing_required_parameter | {\"model\":\"auto\"}",
        "400 | empty_array | {\"messages\":[]}",
        "400 | invalid_type | {\"messages\":\"hi\"}",
        "400 | invalid_type | {\"model\":7,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
        "400 | invalid_type | {\"stream\":1,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
        "404 | model_not_found |"
            + " {\"model\":\"x\",\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}",
      })
  void chat_badBody_isRefusedAndCostsNothing(int status, String code, String body)
      throws Exception {
    try (var client = client()) {
      long before = remaining(client);
      refused(client.post(CHAT, TestBed.ENTERPRISE, body).read(), status, code);
      assertThat(remaining(client)).isEqualTo(before);
    }
  }

  /** The request bucket is so large and slow that what refills between two calls does not show. */
  private static long remaining(RawClient client) throws Exception {
    var dry = client.post(CHAT, TestBed.ENTERPRISE, HELLO, "x-penstock-dry-run: true").read();
    assertThat(dry.status()).as(dry.text()).isEqualTo(200);
    return JSON.readTree(dry.body()).path("limits").path("requests").path("remaining").asLong();
  }

  @Test
  void chat_emptyBody_isInvalidJson() throws Exception {
    try (var client = client()) {
      refused(client.post(CHAT, TestBed.ENTERPRISE, "").read(), 400, "invalid_json");
    }
  }

  @Test
  void chat_noKey_is401() throws Exception {
    try (var client = client()) {
      var head = "POST " + CHAT + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + HELLO.length();
      refused(client.send(head + "\r\n\r\n" + HELLO).read(), 401, "invalid_api_key");
    }
  }

  @Test
  void route_unknown_is404() throws Exception {
    try (var client = client()) {
      var answer = client.post("/v1/nothing", TestBed.ENTERPRISE, HELLO).read();
      refused(answer, 404, "unknown_url");
    }
  }

  @Test
  void route_wrongMethod_is405() throws Exception {
    try (var client = client()) {
      var answer = client.send("GET " + CHAT + " HTTP/1.1\r\nHost: x\r\n\r\n").read();
      refused(answer, 405, "method_not_allowed");
      assertThat(answer.header("allow")).isEqualTo("POST");
    }
  }

  @Test
  void body_declaredTooLarge_is413BeforeItIsSent() throws Exception {
    try (var client = client()) {
      client.send(
          "POST "
              + CHAT
              + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
              + TestBed.ENTERPRISE
              + "\r\nContent-Length: 99999999999\r\n\r\n{");
      refused(client.read(), 413, "request_too_large");
    }
  }

  @Test
  void body_chunkedTooLarge_is413() throws Exception {
    try (var client = client()) {
      client.send(head("Transfer-Encoding: chunked"));
      var chunk = "10000\r\n" + "a".repeat(0x10000) + "\r\n";
      var sending =
          CompletableFuture.runAsync(() -> {
            try {
              for (int i = 0; i < 700; i++) {
                client.send(chunk);
              }
            } catch (java.io.IOException closed) {
              // the server need not read what it has refused
            }
          });
      refused(client.read(), 413, "request_too_large");
      client.close();
      sending.join();
    }
  }

  private static String head(String... headers) {
    var head = new StringBuilder("POST " + CHAT + " HTTP/1.1\r\nHost: x\r\n");
    head.append("Authorization: Bearer ").append(TestBed.ENTERPRISE).append("\r\n");
    for (var header : headers) {
      head.append(header).append("\r\n");
    }
    return head.append("\r\n").toString();
  }

  @Test
  void body_chunkedInTinyPieces_isAnswered() throws Exception {
    try (var client = client()) {
      client.send(head("Transfer-Encoding: chunked"));
      for (char c : HELLO.toCharArray()) {
        client.send("1\r\n" + c + "\r\n");
      }
      assertThat(client.send("0\r\n\r\n").read().status()).isEqualTo(200);
    }
  }

  @Test
  void body_sentByteByByte_isAnswered() throws Exception {
    try (var client = client()) {
      for (byte b : RawClient.request(CHAT, TestBed.ENTERPRISE, HELLO)) {
        client.send(new byte[] {b});
      }
      assertThat(client.read().status()).isEqualTo(200);
    }
  }

  @Test
  void body_ofTenMebibytes_arrivesByteForByte() throws Exception {
    var body =
        "{\"x\":1.0e0,\"\\u0078\":[1,2 ,"
            + " 3],\"model\":\"small\",\"max_tokens\":3,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}],\"blob\":\""
            + "0123456789abcdef".repeat(10 << 16)
            + "\"}";
    try (var client = client()) {
      assertThat(client.post(CHAT, TestBed.ENTERPRISE, body).read().status()).isEqualTo(200);
    }
    var arrived = new String(bed.lastBody("small"), StandardCharsets.UTF_8);
    assertThat(arrived.length())
        .isEqualTo(body.length() + "llama-2-7b".length() - "small".length());
    assertThat(arrived.replace("\"model\":\"llama-2-7b\"", "\"model\":\"small\"")).isEqualTo(body);
  }

  @Test
  void requests_pipelined_areAnsweredInOrder() throws Exception {
    try (var client = client()) {
      var all = new java.io.ByteArrayOutputStream();
      for (int i = 0; i < 20; i++) {
        var body = i % 3 == 2 ? "{" : HELLO;
        all.writeBytes(
            RawClient.request(CHAT, TestBed.ENTERPRISE, body, "x-request-id: pipe-" + i));
      }
      client.send(all.toByteArray());
      for (int i = 0; i < 20; i++) {
        var answer = client.read();
        assertThat(answer.status()).isEqualTo(i % 3 == 2 ? 400 : 200);
        assertThat(answer.header("x-request-id")).isEqualTo("pipe-" + i);
      }
    }
  }

  @Test
  void connection_keptAlive_servesManyAndStreams() throws Exception {
    try (var client = client()) {
      for (int i = 0; i < 30; i++) {
        var answer = client.post(CHAT, TestBed.ENTERPRISE, i % 2 == 0 ? STREAM : HELLO).read();
        assertThat(answer.status()).isEqualTo(200);
        if (i % 2 == 0) {
          assertThat(answer.header("content-type")).startsWith("text/event-stream");
          assertThat(answer.text()).endsWith("data: [DONE]\n\n");
        }
      }
    }
  }

  @Test
  void expectContinue_isToldToGoOn() throws Exception {
    try (var client = client()) {
      client.send(head("Expect: 100-continue", "Content-Length: " + HELLO.length()));
      assertThat(client.readStatus()).isEqualTo(100);
      client.headers();
      assertThat(client.send(HELLO).read().status()).isEqualTo(200);
    }
  }

  @Test
  void header_tooLong_isRefusedInShape() throws Exception {
    try (var client = client()) {
      client.send(head("x-long: " + "a".repeat(64 << 10)));
      var answer = client.read();
      assertThat(answer.status()).isEqualTo(431);
      assertThat(JSON.readTree(answer.body()).path("error").path("message").asText()).isNotBlank();
    }
  }

  @Test
  void http2PriorKnowledgeAndUpgrade_areAnswered() throws Exception {
    try (var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
      for (int i = 0; i < 4; i++) {
        var request =
            HttpRequest.newBuilder(URI.create(bed.url() + CHAT))
                .header("authorization", "Bearer " + TestBed.ENTERPRISE)
                .POST(HttpRequest.BodyPublishers.ofString(i % 2 == 0 ? HELLO : STREAM))
                .build();
        var answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("x-penstock-pool")).isPresent();
        if (i > 0) {
          assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
        }
      }
    }
  }

  @Test
  void http2_manyStreamsOnOneConnection_areAllAnswered() throws Exception {
    try (var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
      List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
      for (int i = 0; i < 60; i++) {
        var request =
            HttpRequest.newBuilder(URI.create(bed.url() + CHAT))
                .header("authorization", "Bearer " + TestBed.ENTERPRISE)
                .POST(HttpRequest.BodyPublishers.ofString(STREAM))
                .build();
        answers.add(client.sendAsync(request, HttpResponse.BodyHandlers.ofString()));
      }
      for (var answer : answers) {
        assertThat(answer.get().statusCode()).isEqualTo(200);
        assertThat(answer.get().body()).endsWith("data: [DONE]\n\n");
      }
    }
  }

  @Test
  void client_leavingWhileItSends_isCountedAsCancelled() throws Exception {
    double before = bed.metric("penstock_requests_total", "outcome=\"cancelled\"");
    try (var client = client()) {
      client.send(head("Content-Length: 1000") + "{\"model\":");
    }
    TestBed.await(
        () -> bed.metric("penstock_requests_total", "outcome=\"cancelled\"") == before + 1);
  }

  @Test
  void client_leavingInMidStream_cancelsTheModelServer() throws Exception {
    long before = bed.aborted();
    try (var client = client()) {
      client.post(
          CHAT, TestBed.ENTERPRISE, STREAM.replace("\"max_tokens\":5", "\"max_tokens\":2000"));
      assertThat(client.readStatus()).isEqualTo(200);
      client.headers();
      client.chunk();
    }
    TestBed.await(() -> bed.aborted() == before + 1);
  }

  @Test
  void client_leavingBeforeTheAnswer_cancelsTheModelServer() throws Exception {
    long before = bed.aborted();
    try (var client = client()) {
      client.post(
          CHAT, TestBed.ENTERPRISE, HELLO.replace("\"max_tokens\":5", "\"max_tokens\":2000"));
      TestBed.await(() -> bed.running() > 0);
    }
    TestBed.await(() -> bed.aborted() == before + 1);
  }

  @Test
  void metrics_afterTraffic_carryNoClientsWords() throws Exception {
    try (var client = client()) {
      client.post(CHAT, TestBed.ENTERPRISE, HELLO.replace("auto", "evil-label")).read();
      client.post("/v1/evil-route", TestBed.ENTERPRISE, HELLO).read();
    }
    assertThat(bed.metrics()).doesNotContain("evil-");
    assertThat(Pattern.compile("penstock_accepted_total [1-9]").matcher(bed.metrics()).find())
        .isTrue();
  }
}
