package io.penstock.gateway;

import static io.penstock.gateway.TestGateway.await;
import static io.penstock.gateway.TestGateway.pool;
import static io.penstock.gateway.TestGateway.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ReloadAndDrainTest {
  private static final String STREAM =
      "{\"model\":\"auto\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  private static final String TOKEN =
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
  private static final String END =
      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
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

  private RawServer slow(String token) throws IOException {
    RawServer server =
        RawServer.start(exchange -> {
          exchange.events(token);
          goOn.await();
          exchange.chunk(END);
          exchange.lastChunk();
        });
    open.add(server);
    return server;
  }

  private TestGateway gateway(String pools) {
    TestGateway gateway = TestGateway.start(pools);
    open.add(gateway);
    return gateway;
  }

  private static CompletableFuture<HttpResponse<String>> ask(TestGateway gateway) {
    return gateway
        .client()
        .sendAsync(
            gateway
                .request("/v1/chat/completions")
                .POST(HttpRequest.BodyPublishers.ofString(STREAM))
                .build(),
            HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void aReload_changesTheNextCall_andLeavesTheOneInFlight() throws IOException {
    RawServer old = slow(TOKEN);
    RawServer fresh = slow(TOKEN.replace("\"a\"", "\"b\""));
    TestGateway gateway = gateway(pool("p", "", old.url()));
    var first = ask(gateway);
    until(() -> old.heads().size() == 1);

    await(gateway.gateway().reload(TestGateway.config(pool("p", "", fresh.url()))));
    var second = ask(gateway);
    until(() -> fresh.heads().size() == 1);
    goOn.countDown();

    assertThat(first.join().body()).isEqualTo(TOKEN + END);
    assertThat(second.join().body()).startsWith(TOKEN.replace("\"a\"", "\"b\""));
  }

  @Test
  void drain_letsTheCallInFlightFinish_andTakesNoOther() throws IOException {
    RawServer server = slow(TOKEN);
    TestGateway gateway = gateway(pool("p", "", server.url()));
    var inFlight = ask(gateway);
    until(() -> server.heads().size() == 1);

    Future<Void> drained = gateway.gateway().drain();
    assertThat(gateway.gateway().controls().whyNotReady()).contains("draining");
    goOn.countDown();

    assertThat(inFlight.join().body()).isEqualTo(TOKEN + END);
    await(drained);
    assertThat(gateway.metric("penstock_requests_total", "outcome=\"answered\"")).isEqualTo(1);
  }

  @Test
  void drain_withADelay_takesRequestsThatComeMeanwhile() throws IOException {
    RawServer server = slow(TOKEN);
    TestGateway gateway =
        TestGateway.start(
            Gateway.vertx(1),
            TestGateway.config(", drain-delay: 1h", "", pool("p", "", server.url())));
    open.add(gateway);
    goOn.countDown();

    gateway.gateway().drain();

    assertThat(gateway.gateway().controls().whyNotReady()).contains("draining");
    assertThat(ask(gateway).join().body()).isEqualTo(TOKEN + END);
  }

  @Test
  void drain_endsWhatIsLeftAtItsDeadline_withAnErrorFrame() throws IOException {
    RawServer server = slow(TOKEN);
    TestGateway gateway = gateway(pool("p", "", server.url()));
    var inFlight = ask(gateway);
    until(() -> server.heads().size() == 1);

    await(gateway.gateway().drain());

    assertThat(inFlight.join().body()).startsWith(TOKEN + "data: {\"error\":");
  }
}
