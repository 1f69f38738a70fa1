package io.penstock.gateway;

import static io.penstock.gateway.TestGateway.pool;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** HTTP as clients speak it, well or badly. */
final class DataPortTest {
  private static final String CHAT =
      "{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

  private RawServer server;
  private TestGateway gateway;

  @BeforeEach
  void start() throws IOException {
    server =
        RawServer.start(exchange ->
            exchange.json(
                200,
                "{\"number\":%d,\"choices\":[{\"message\":{\"content\":\"a\"}}]}"
                    .formatted(exchange.number())));
    gateway = TestGateway.start(pool("p", "", server.url()));
  }

  @AfterEach
  void stop() throws IOException {
    gateway.close();
    server.close();
  }

  private static String head(String requestLine, String... headers) {
    return requestLine
        + "\r\nHost: x\r\nAuthorization: Bearer "
        + TestGateway.KEY
        + "\r\n"
        + String.join("", java.util.Arrays.stream(headers).map(h -> h + "\r\n").toList())
        + "\r\n";
  }

  private String raw(String request, int answers) throws IOException {
    try (Socket client = new Socket("127.0.0.1", gateway.port())) {
      client.setSoTimeout((int) TestGateway.PATIENCE.toMillis());
      client.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      client.getOutputStream().flush();
      InputStream in = client.getInputStream();
      StringBuilder all = new StringBuilder();
      int b;
      while (count(all, "}}]}") + count(all, "\"}}") - count(all, "\"}}]}") < answers
          && (b = in.read()) >= 0) {
        all.append((char) b);
      }
      return all.toString();
    }
  }

  private static int count(StringBuilder text, String part) {
    int count = 0;
    for (int i = text.indexOf(part); i >= 0; i = text.indexOf(part, i + 1)) {
      count++;
    }
    return count;
  }

  @Test
  void pipelinedRequests_areAnsweredInTheirOrder() throws IOException {
    String one =
        head("POST /v1/chat/completions HTTP/1.1", "Content-Length: " + CHAT.length()) + CHAT;

    String answers = raw(one + one + one, 3);

    assertThat(answers).containsSubsequence("\"number\":1", "\"number\":2", "\"number\":3");
  }

  @Test
  void http2OverClearText_isServed() throws Exception {
    try (HttpClient http2 = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
      for (int i = 0; i < 3; i++) {
        HttpResponse<String> answer =
            http2.send(
                gateway
                    .request("/v1/chat/completions")
                    .POST(HttpRequest.BodyPublishers.ofString(CHAT))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("x-penstock-pool")).contains("p");
      }
    }
  }

  @Test
  void expect100Continue_isTold() throws IOException {
    String answer =
        raw(
            head(
                    "POST /v1/chat/completions HTTP/1.1",
                    "Expect: 100-continue",
                    "Content-Length: " + CHAT.length())
                + CHAT,
            1);

    assertThat(answer).startsWith("HTTP/1.1 100 Continue\r\n").contains("HTTP/1.1 200 OK");
  }

  @Test
  void aChunkedBody_isSentOnWithItsLength() throws IOException {
    String chunk = Integer.toHexString(CHAT.length()) + "\r\n" + CHAT + "\r\n0\r\n\r\n";

    String answer =
        raw(head("POST /v1/chat/completions HTTP/1.1", "Transfer-Encoding: chunked") + chunk, 1);

    assertThat(answer).startsWith("HTTP/1.1 200 OK");
    assertThat(server.heads().getFirst()).containsIgnoringCase("content-length: ");
  }

  @Test
  void aHeaderThatIsTooLong_isRefusedInOpenAisForm() throws IOException {
    String answer = raw(head("GET /v1/models HTTP/1.1", "x-long: " + "x".repeat(40_000)), 1);

    assertThat(answer).startsWith("HTTP/1.1 431 ").contains("\"code\":\"header_too_large\"");
  }

  @Test
  void whatIsNotHttp_isRefused() throws IOException {
    assertThat(raw("GARBAGE\r\n\r\n", 1)).contains(" 400 Bad Request", "invalid_http");
  }

  @Test
  void anUnknownRoute_isNotFound() {
    HttpResponse<String> answer = gateway.send(gateway.request("/v2/x").GET().build());

    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.body()).contains("\"code\":\"unknown_url\"");
    assertThat(answer.headers().firstValue("x-request-id")).isPresent();
  }

  @Test
  void aWrongMethod_isToldTheRightOne() {
    HttpResponse<String> chat = gateway.send(gateway.request("/v1/chat/completions").GET().build());
    HttpResponse<String> models = gateway.send(gateway.request("/v1/models").DELETE().build());

    assertThat(chat.statusCode()).isEqualTo(405);
    assertThat(chat.headers().firstValue("allow")).contains("POST");
    assertThat(models.statusCode()).isEqualTo(405);
    assertThat(models.headers().firstValue("allow")).contains("GET, HEAD");
  }

  @Test
  void aModel_isFoundByItsName_andAnUnknownOneIsNot() {
    assertThat(gateway.send(gateway.request("/v1/models/llama-2-7b").GET().build()).body())
        .isEqualTo(
            "{\"id\":\"llama-2-7b\",\"object\":\"model\",\"created\":0,\"owned_by\":\"penstock\"}");
    HttpResponse<String> unknown =
        gateway.send(gateway.request("/v1/models/org/none%20such").GET().build());
    assertThat(unknown.statusCode()).isEqualTo(404);
    assertThat(unknown.body()).contains("org/none such", "model_not_found");
  }

  @Test
  void withoutAKey_nothingIsTold() {
    HttpRequest request =
        HttpRequest.newBuilder(
                java.net.URI.create("http://127.0.0.1:" + gateway.port() + "/v1/models"))
            .GET()
            .build();

    HttpResponse<String> answer = gateway.send(request);

    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(answer.body()).contains("\"code\":\"invalid_api_key\"");
  }

  @Test
  void anHttp10Client_isServed() throws IOException {
    String answer =
        raw(
            head("POST /v1/chat/completions HTTP/1.0", "Content-Length: " + CHAT.length()) + CHAT,
            1);

    assertThat(answer).contains(" 200 OK").contains("\"number\":1");
  }
}
