package io.penstock.gateway;

import static io.penstock.gateway.TestGateway.pool;
import static io.penstock.gateway.TestGateway.until;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class HedgeTest {
  private static final String STREAM =
      "{\"model\":\"auto\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  private static final String ROLE =
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n";
  private static final String END =
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":1}}\n\n"
          + "data: [DONE]\n\n";

  private final List<AutoCloseable> open = new ArrayList<>();
  private final CountDownLatch goOn = new CountDownLatch(1);

  @AfterEach
  void close() throws Exception {
    goOn.countDown();
    for (AutoCloseable closeable : open.reversed()) {
      closeable.close();
    }
  }

  private RawServer server(RawServer.Script script) throws IOException {
    RawServer server = RawServer.start(script);
    open.add(server);
    return server;
  }

  /** Its calls go to the first server, then to the second. */
  private TestGateway gateway(String hedge, RawServer... servers) {
    String[] urls = List.of(servers).stream().map(RawServer::url).toArray(String[]::new);
    TestGateway gateway =
        TestGateway.start(pool("p", "balance: {by: round-robin}, hedge: {" + hedge + "}", urls));
    open.add(gateway);
    return gateway;
  }

  private static CompletableFuture<HttpResponse<String>> ask(TestGateway gateway) {
    return gateway
        .client()
        .sendAsync(
            gateway.request("/v1/chat/completions").POST(BodyPublishers.ofString(STREAM)).build(),
            BodyHandlers.ofString());
  }

  private static String token(String text) {
    return "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text + "\"}}]}\n\n";
  }

  private static void answer(RawServer.Exchange exchange, String text) throws IOException {
    exchange.events(ROLE, token(text));
    exchange.chunk(END);
    exchange.lastChunk();
  }

  private static double hedges(TestGateway gateway, String outcome) {
    return gateway.metric("penstock_hedges_total", "outcome=\"" + outcome + "\"");
  }

  @Test
  void lateFirstToken_isServedByTheSecond_andTheFirstIsLeft() throws IOException {
    RawServer slow =
        server(exchange -> {
          exchange.events(ROLE);
          exchange.untilGone();
        });
    RawServer fast = server(exchange -> answer(exchange, "b"));
    TestGateway gateway = gateway("share: 100%, after: 200ms, priority: low", slow, fast);

    HttpResponse<String> answer = ask(gateway).join();

    assertThat(answer.body()).startsWith(ROLE + token("b")).endsWith("data: [DONE]\n\n");
    assertThat(answer.headers().firstValue("x-penstock-backend")).contains("p-2");
    assertThat(answer.headers().firstValue("x-penstock-attempts")).contains("2");
    until(() -> slow.gone() == 1);
    until(() -> hedges(gateway, "won") == 1);
    until(() -> gateway.metric("penstock_inflight") == 0);
    assertThat(gateway.metric("penstock_tokens_total", "direction=\"prompt\"")).isEqualTo(7);
    assertThat(gateway.metric("penstock_tokens_total", "direction=\"completion\"")).isEqualTo(1);
  }

  /** Where the config does not say how long the first token is waited for, the model does. */
  @Test
  void noTimeSaid_theSecondIsSentAfterThePredictedTime() throws IOException {
    RawServer slow = server(RawServer.Exchange::untilGone);
    RawServer fast = server(exchange -> answer(exchange, "b"));
    TestGateway gateway = gateway("share: 100%, priority: low}, capacity: {gpu: l4", slow, fast);

    assertThat(ask(gateway).join().body()).startsWith(ROLE + token("b"));
    until(() -> hedges(gateway, "won") == 1);
  }

  @Test
  void firstThatIsFasterAfterAll_serves_andTheSecondIsLeft() throws IOException {
    RawServer fast =
        server(exchange -> {
          goOn.await();
          answer(exchange, "a");
        });
    RawServer second = server(RawServer.Exchange::untilGone);
    TestGateway gateway = gateway("share: 100%, after: 50ms, priority: normal", fast, second);

    var asked = ask(gateway);
    until(() -> second.heads().size() == 1);
    goOn.countDown();

    assertThat(asked.join().body()).startsWith(ROLE + token("a"));
    until(() -> second.gone() == 1);
    until(() -> hedges(gateway, "lost") == 1);
  }

  @Test
  void firstThatFailsMeanwhile_leavesTheCallToTheSecond() throws IOException {
    RawServer broken =
        server(exchange -> {
          goOn.await();
          exchange.socket().close();
        });
    RawServer second =
        server(exchange -> {
          goOn.countDown();
          exchange.events(": soon\n\n");
          until(() -> exchange.server().heads().size() == 1);
          exchange.chunk(token("b") + END);
          exchange.lastChunk();
        });
    TestGateway gateway = gateway("share: 100%, after: 50ms, priority: low", broken, second);

    assertThat(ask(gateway).join().body()).contains(token("b"));
    assertThat(gateway.metric("penstock_retries_total")).isZero();
    assertThat(second.heads()).hasSize(1);
  }

  @Test
  void secondThatFails_leavesTheFirstAlone() throws IOException {
    RawServer first =
        server(exchange -> {
          goOn.await();
          answer(exchange, "a");
        });
    RawServer second = server(exchange -> exchange.json(500, "{}"));
    TestGateway gateway = gateway("share: 100%, after: 50ms, priority: low", first, second);

    var asked = ask(gateway);
    until(() -> hedges(gateway, "failed") == 1);
    goOn.countDown();

    assertThat(asked.join().body()).startsWith(ROLE + token("a"));
  }

  @Test
  void shareThatIsSpent_isNoSecondAttempt() throws IOException {
    RawServer first =
        server(exchange -> {
          goOn.await();
          answer(exchange, "a");
        });
    RawServer second = server(exchange -> answer(exchange, "b"));
    TestGateway gateway = gateway("share: 5%, after: 50ms, priority: low", first, second);

    var asked = ask(gateway);
    until(() -> hedges(gateway, "denied") == 1);
    goOn.countDown();

    assertThat(asked.join().body()).startsWith(ROLE + token("a"));
    assertThat(second.heads()).isEmpty();
  }

  @Test
  void clientThatLeaves_endsBoth() throws IOException {
    RawServer first = server(RawServer.Exchange::untilGone);
    RawServer second = server(RawServer.Exchange::untilGone);
    TestGateway gateway = gateway("share: 100%, after: 50ms, priority: low", first, second);

    var asked = ask(gateway);
    until(() -> second.heads().size() == 1);
    asked.cancel(true);

    until(() -> first.gone() == 1 && second.gone() == 1);
    until(() -> hedges(gateway, "cancelled") == 1);
  }

  @Test
  void lowerPriority_onlyServer_andWholeAnswer_haveNoSecondAttempt() throws IOException {
    RawServer never = server(RawServer.Exchange::untilGone);
    RawServer neverToo = server(RawServer.Exchange::untilGone);
    String late = "}, timeouts: {first-token: 400ms";
    TestGateway normal =
        gateway("share: 100%, after: 50ms, priority: high" + late, never, neverToo);
    TestGateway alone = gateway("share: 100%, after: 50ms, priority: low" + late, never);
    TestGateway whole = gateway("share: 100%, after: 50ms, priority: low" + late, never, neverToo);

    assertThat(ask(normal).join().statusCode()).isEqualTo(504);
    assertThat(ask(alone).join().statusCode()).isEqualTo(504);
    assertThat(whole.chat(STREAM.replace("\"stream\":true,", "")).statusCode()).isEqualTo(504);
    for (TestGateway each : List.of(normal, alone, whole)) {
      assertThat(each.metric("penstock_hedges_total")).isZero();
    }
  }
}
