package io.penstock.gateway;

import static io.penstock.gateway.TestGateway.pool;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TimeoutsTest {
  private static final String STREAM =
      "{\"model\":\"auto\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  private static final String CHAT =
      "{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  private static final String TOKEN =
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable closeable : open.reversed()) {
      closeable.close();
    }
  }

  private TestGateway gateway(String timeouts, RawServer.Script script) throws IOException {
    RawServer server = RawServer.start(script);
    open.add(server);
    TestGateway gateway =
        TestGateway.start(pool("p", "timeouts: {" + timeouts + "}", server.url()));
    open.add(gateway);
    return gateway;
  }

  @Test
  void aFirstTokenThatDoesNotCome_isAGatewayTimeout_andTheBackendIsLeft() throws IOException {
    RawServer.Script never = RawServer.Exchange::untilGone;
    TestGateway gateway = gateway("first-token: 200ms", never);

    for (String body : List.of(CHAT, STREAM)) {
      HttpResponse<String> answer = gateway.chat(body);
      assertThat(answer.statusCode()).isEqualTo(504);
      assertThat(answer.body()).contains("\"code\":\"upstream_timeout\"");
    }
  }

  @Test
  void aHeadWithoutAFirstToken_isAGatewayTimeoutToo() throws IOException {
    TestGateway gateway =
        gateway(
            "first-token: 200ms",
            exchange -> {
              exchange.events(": soon\n\n");
              exchange.untilGone();
            });

    assertThat(gateway.chat(STREAM).statusCode()).isEqualTo(504);
  }

  @Test
  void aFirstTokenThatDoesNotCome_isAskedForElsewhere_once() throws IOException {
    RawServer frozen = RawServer.start(RawServer.Exchange::untilGone);
    open.add(frozen);
    RawServer frozenToo =
        RawServer.start(exchange -> {
          exchange.events(": soon\n\n");
          exchange.untilGone();
        });
    open.add(frozenToo);
    RawServer fine =
        RawServer.start(exchange -> {
          exchange.events(TOKEN, "data: [DONE]\n\n");
          exchange.lastChunk();
        });
    open.add(fine);
    String balance = "balance: {by: round-robin}, timeouts: {first-token: 300ms}";
    TestGateway gateway = TestGateway.start(pool("p", balance, frozen.url(), fine.url()));
    open.add(gateway);
    for (int i = 0; i < 2; i++) {
      assertThat(gateway.chat(STREAM).body()).startsWith(TOKEN);
    }
    assertThat(frozen.heads()).isNotEmpty();
    assertThat(gateway.metric("penstock_retries_total", "first_token_timeout"))
        .isEqualTo(frozen.heads().size());

    TestGateway stuck = TestGateway.start(pool("p", balance, frozen.url(), frozenToo.url()));
    open.add(stuck);
    HttpResponse<String> answer = stuck.chat(STREAM);
    assertThat(answer.statusCode()).isEqualTo(504);
    assertThat(answer.body()).contains("\"code\":\"upstream_timeout\"");
    assertThat(frozenToo.heads()).hasSize(1);
  }

  @Test
  void aGapBetweenTokens_endsTheStreamWithAnErrorFrame() throws IOException {
    TestGateway gateway =
        gateway(
            "between-tokens: 200ms",
            exchange -> {
              exchange.events(TOKEN);
              exchange.untilGone();
            });

    assertThat(gateway.chat(STREAM).body()).startsWith(TOKEN + "data: {\"error\":");
    assertThat(gateway.metric("penstock_streams_broken_total")).isEqualTo(1);
  }

  @Test
  void anAnswerThatTakesTooLong_isEnded_evenIfTokensKeepComing() throws IOException {
    TestGateway gateway =
        gateway(
            "total: 300ms",
            exchange -> {
              exchange.events(TOKEN);
              for (int i = 0; i < 1000; i++) {
                exchange.chunk(TOKEN);
                java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
              }
            });

    assertThat(gateway.chat(STREAM).body()).contains(TOKEN + "data: {\"error\":");
  }

  @Test
  void aConnectionThatIsNotAccepted_sendsTheCallElsewhere() throws IOException {
    ServerSocket full = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
    open.add(full);
    for (int i = 0; i < 3; i++) {
      Socket filler = new Socket();
      open.add(filler);
      try {
        filler.connect(new InetSocketAddress("127.0.0.1", full.getLocalPort()), 200);
      } catch (IOException hangs) {
        break;
      }
    }
    RawServer fine =
        RawServer.start(exchange ->
            exchange.json(
                200,
                "{\"choices\":[{\"message\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}"));
    open.add(fine);
    TestGateway gateway =
        TestGateway.start(
            pool(
                "p",
                "timeouts: {connect: 200ms}",
                "http://127.0.0.1:" + full.getLocalPort(),
                fine.url()));
    open.add(gateway);

    HttpResponse<String> answer = gateway.chat(CHAT);

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.headers().firstValue("x-penstock-attempts")).contains("2");
  }

  @Test
  void theClientsDeadline_endsTheCall() throws IOException {
    TestGateway gateway = gateway("first-token: 30s", RawServer.Exchange::untilGone);

    HttpResponse<String> answer =
        gateway.send(
            gateway
                .request("/v1/chat/completions")
                .header("x-penstock-deadline-ms", "200")
                .POST(java.net.http.HttpRequest.BodyPublishers.ofString(CHAT))
                .build());

    assertThat(answer.statusCode()).isEqualTo(504);
  }
}
