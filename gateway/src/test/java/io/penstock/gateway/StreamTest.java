package io.penstock.gateway;

import static io.penstock.gateway.TestGateway.pool;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a stream looks like to its client, byte for byte. */
final class StreamTest {
  private static final String PLAIN =
      "{\"model\":\"auto\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  private static final String WITH_USAGE =
      "{\"model\":\"auto\",\"stream\":true,\"stream_options\":{\"include_usage\":true},"
          + "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  private static final String USAGE =
      "{\"prompt_tokens\":7,\"completion_tokens\":2,\"total_tokens\":9}";
  private static final String DONE = "data: [DONE]\n\n";

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable closeable : open.reversed()) {
      closeable.close();
    }
  }

  private TestGateway gateway(String more, RawServer.Script script) throws IOException {
    RawServer server = RawServer.start(script);
    open.add(server);
    TestGateway gateway = TestGateway.start(pool("p", more, server.url()));
    open.add(gateway);
    return gateway;
  }

  private TestGateway sending(String more, String... frames) throws IOException {
    return gateway(
        more,
        exchange -> {
          exchange.events(frames);
          exchange.lastChunk();
        });
  }

  private static String chunk(String choices, String more) {
    return "{\"id\":\"x\",\"model\":\"m\",\"choices\":[" + choices + "]" + more + "}";
  }

  private static String delta(String content) {
    return "{\"index\":0,\"delta\":{\"content\":\"" + content + "\"},\"finish_reason\":null}";
  }

  private static String data(String json) {
    return "data: " + json + "\n\n";
  }

  private static final String ROLE =
      "{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}";
  private static final String FINISH = "{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}";

  @Test
  void usage_ofItsOwnFrame_isPassedOnToWhoAskedForItAlone() throws IOException {
    String text = data(chunk(delta("a"), "")) + data(chunk(FINISH, ""));
    String usage = data(chunk("", ",\"usage\":" + USAGE));
    TestGateway gateway = sending("", text, usage, DONE);

    assertThat(gateway.chat(PLAIN).body()).isEqualTo(text + DONE);
    assertThat(gateway.chat(WITH_USAGE).body()).isEqualTo(text + usage + DONE);
    assertThat(gateway.metric("penstock_tokens_total", "direction=\"prompt\"")).isEqualTo(14);
    assertThat(gateway.metric("penstock_tokens_total", "direction=\"completion\"")).isEqualTo(4);
  }

  @Test
  void usageNull_inEveryFrame_isTakenOut_forWhoDidNotAsk() throws IOException {
    TestGateway gateway =
        sending(
            "",
            data(chunk(delta("a"), ",\"usage\":null")),
            data(chunk(FINISH, ",\"usage\":null")),
            data(chunk("", ",\"usage\":" + USAGE)),
            DONE);

    assertThat(gateway.chat(PLAIN).body())
        .isEqualTo(data(chunk(delta("a"), "")) + data(chunk(FINISH, "")) + DONE);
  }

  @Test
  void usage_besideTheLastChoices_isTakenOut_andTheChoicesStay() throws IOException {
    TestGateway gateway =
        sending("", data(chunk(delta("a"), "")), data(chunk(FINISH, ",\"usage\":" + USAGE)), DONE);

    assertThat(gateway.chat(PLAIN).body())
        .isEqualTo(data(chunk(delta("a"), "")) + data(chunk(FINISH, "")) + DONE);
    assertThat(gateway.metric("penstock_tokens_total", "direction=\"completion\"")).isEqualTo(2);
  }

  @Test
  void usage_onEveryFrame_countsTheLast() throws IOException {
    TestGateway gateway =
        sending(
            "",
            data(chunk(delta("a"), ",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":1}")),
            data(chunk(delta("b"), ",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}")),
            data(chunk(FINISH, ",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}")),
            DONE);

    gateway.chat(PLAIN);

    assertThat(gateway.metric("penstock_tokens_total", "direction=\"completion\"")).isEqualTo(3);
    assertThat(gateway.metric("penstock_tokens_total", "direction=\"prompt\"")).isEqualTo(7);
  }

  @Test
  void usage_oneFrameForEachChoice_isAdded() throws IOException {
    TestGateway gateway =
        sending(
            "",
            data(chunk(delta("a"), "")),
            data(chunk(FINISH, "")),
            data(chunk("", ",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":5}")),
            data(chunk("", ",\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":6}")),
            DONE);

    gateway.chat(PLAIN);

    assertThat(gateway.metric("penstock_tokens_total", "direction=\"completion\"")).isEqualTo(11);
    assertThat(gateway.metric("penstock_tokens_total", "direction=\"prompt\"")).isEqualTo(7);
  }

  @Test
  void noUsageAtAll_countsTheFramesWithContent() throws IOException {
    TestGateway gateway =
        sending(
            "",
            data(chunk(ROLE, "")),
            data(chunk(delta("a"), "")),
            data(chunk(delta("b"), "")),
            data(chunk(FINISH, "")),
            DONE);

    gateway.chat(PLAIN);

    assertThat(gateway.metric("penstock_tokens_total", "direction=\"completion\"")).isEqualTo(2);
  }

  @Test
  void theModelsName_isThePools_whereItSaysAlias() throws IOException {
    TestGateway gateway =
        sending(
            "response-model: alias",
            data(chunk(delta("a"), ",\"usage\":null")),
            data("{\"usage\":null,\"choices\":[" + FINISH + "],\"model\":\"m\"}"),
            DONE);

    assertThat(gateway.chat(PLAIN).body())
        .isEqualTo(
            data(chunk(delta("a"), "").replace("\"m\"", "\"llama-2-7b\""))
                + data("{\"choices\":[" + FINISH + "],\"model\":\"llama-2-7b\"}")
                + DONE);
  }

  @Test
  void everyOtherByte_isPassedOn_commentsAndCrLfAndManyLinesOfData() throws IOException {
    String stream =
        ":\n\n: comment\r\n\r\n"
            + "event: x\r\nid: 1\r\ndata: "
            + chunk(delta("\\u00e9 é 1.0e-07"), ",\"x\" : [1 , 2]")
            + "\r\n\r\n"
            + "data:{\"choices\":\ndata: ["
            + FINISH
            + "]}\n\n"
            + DONE;
    TestGateway gateway = sending("", stream);

    String body = gateway.chat(PLAIN).body();

    assertThat(body).startsWith(stream.substring(0, stream.indexOf("data:{")));
    assertThat(body).endsWith("data: {\"choices\": [" + FINISH + "]}\n\n" + DONE);
  }

  @Test
  void frames_cutAtEveryByte_arriveTheSame() throws IOException {
    String stream =
        data(chunk(ROLE, ",\"usage\":null"))
            + ": c\r\n\r\n"
            + data(chunk(delta("é\\\"}"), ",\"usage\":null"))
            + data(chunk(FINISH, ""))
            + data(chunk("", ",\"usage\":" + USAGE))
            + DONE;
    String expected =
        data(chunk(ROLE, ""))
            + ": c\r\n\r\n"
            + data(chunk(delta("é\\\"}"), ""))
            + data(chunk(FINISH, ""))
            + DONE;
    byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
    AtomicInteger cut = new AtomicInteger();
    TestGateway gateway =
        gateway(
            "",
            exchange -> {
              int at = cut.get();
              exchange.write(
                  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: "
                      + bytes.length
                      + "\r\n\r\n");
              exchange.out().write(bytes, 0, at);
              exchange.out().flush();
              Thread.yield();
              exchange.out().write(bytes, at, bytes.length - at);
              exchange.out().flush();
            });

    for (int at = 0; at <= bytes.length; at++) {
      cut.set(at);
      assertThat(gateway.chat(PLAIN).body()).as("cut at byte %d", at).isEqualTo(expected);
    }
  }

  @Test
  void anErrorAfterTheFirstContent_isTheLastFrame_inOpenAisForm() throws IOException {
    TestGateway gateway =
        sending(
            "",
            data(chunk(delta("a"), "")),
            data("{\"error\":{\"code\":500,\"message\":\"parser\",\"type\":\"server_error\"}}"),
            DONE);

    HttpResponse<String> answer = gateway.chat(PLAIN);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body())
        .isEqualTo(
            data(chunk(delta("a"), ""))
                + data(
                    "{\"error\":{\"message\":\"parser\",\"type\":\"server_error\",\"param\":null,\"code\":\"500\"}}"));
    assertThat(gateway.metric("penstock_streams_broken_total")).isEqualTo(1);
    assertThat(gateway.metric("penstock_tokens_total", "direction=\"completion\"")).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aStreamThatEndsTooEarly_endsWithAnErrorFrame(boolean cleanly) throws IOException {
    TestGateway gateway =
        gateway(
            "",
            exchange -> {
              exchange.events(data(chunk(delta("a"), "")));
              if (cleanly) {
                exchange.lastChunk();
              } else {
                exchange.socket().close();
              }
            });

    HttpResponse<String> answer = gateway.chat(PLAIN);

    assertThat(answer.body()).startsWith(data(chunk(delta("a"), "")) + "data: {\"error\":");
    assertThat(answer.body()).doesNotContain("[DONE]").contains("\"upstream_error\"");
    assertThat(gateway.metric("penstock_streams_broken_total")).isEqualTo(1);
  }

  @Test
  void aConnectionThatDies_afterDone_hurtsNobody() throws IOException {
    TestGateway gateway =
        gateway(
            "",
            exchange -> {
              exchange.events(data(chunk(delta("a"), "")), data(chunk(FINISH, "")), DONE);
              exchange.socket().close();
            });

    assertThat(gateway.chat(PLAIN).body()).endsWith(DONE);
    assertThat(gateway.metric("penstock_requests_total", "outcome=\"answered\"")).isEqualTo(1);
  }

  @Test
  void aServerThatClosesAfterEveryStream_whileItAnnouncesKeepAlive_isServedWithoutError()
      throws IOException {
    TestGateway gateway =
        gateway(
            "",
            exchange -> {
              exchange.write(
                  "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5, max=100\r\n"
                      + "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
              exchange.chunk(data(chunk(delta("a"), "")) + data(chunk(FINISH, "")) + DONE);
              exchange.lastChunk();
              exchange.socket().close();
            });

    for (int i = 0; i < 50; i++) {
      HttpResponse<String> answer = gateway.chat(PLAIN);
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      assertThat(answer.body()).endsWith(DONE);
    }
  }

  @Test
  void theRequest_asksForUsage_andCarriesNothingOfTheClients() throws IOException {
    AtomicReference<RawServer> server = new AtomicReference<>();
    TestGateway gateway =
        gateway(
            "",
            exchange -> {
              server.set(exchange.server());
              exchange.events(data(chunk(FINISH, "")), DONE);
              exchange.lastChunk();
            });
    gateway.send(
        gateway
            .request("/v1/chat/completions")
            .header("Cookie", "canary=1")
            .header("x-penstock-cache", "no-store")
            .header("x-canary", "canary")
            .header("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
            .POST(java.net.http.HttpRequest.BodyPublishers.ofString(PLAIN))
            .build());

    String head = server.get().heads().getFirst().toLowerCase(java.util.Locale.ROOT);
    assertThat(head)
        .startsWith("post /v1/chat/completions http/1.1\r\n")
        .contains("content-length:", "host: 127.0.0.1:", "traceparent: 00-4bf9", "x-request-id: ")
        .doesNotContain("authorization", "cookie", "x-penstock", "canary", "transfer-encoding");
    assertThat(server.get().bodies().getFirst()).contains("\"include_usage\":true");
  }
}
