package io.penstock.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.loadtest.modelserver.ModelServer;
import io.vertx.core.Vertx;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The whole path, from a client's socket to a simulated model server and back. */
final class GatewayTest {
  private final Vertx servers = Vertx.vertx();
  private ModelServer model;
  private TestGateway gateway;

  @BeforeEach
  void start() {
    model =
        TestGateway.await(
            ModelServer.start(
                servers,
                ModelServer.Options.defaults()
                    .withModel("llama-2-7b")
                    .withAddress("127.0.0.1", 0)
                    .withSpeed(100)));
    gateway = TestGateway.start(TestGateway.pool("p", "", model.url()));
  }

  @AfterEach
  void stop() {
    gateway.close();
    TestGateway.await(model.close());
    TestGateway.await(servers.close());
  }

  @Test
  void chat_isAnswered_withUsageAndMarks() {
    HttpResponse<String> answer =
        gateway.chat(
            """
            {"model":"auto","messages":[{"role":"user","content":"Hello there"}],"max_tokens":8}
            """);

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body()).contains("\"choices\"", "\"usage\"");
    assertThat(answer.headers().map())
        .containsKeys("x-request-id", "x-penstock-complexity", "x-penstock-cost-usd")
        .containsEntry("x-penstock-pool", java.util.List.of("p"))
        .containsEntry("x-penstock-backend", java.util.List.of("p-1"))
        .containsEntry("x-penstock-tier", java.util.List.of("any"))
        .containsEntry("x-penstock-attempts", java.util.List.of("1"));
  }

  @Test
  void stream_isAnswered_withoutTheUsageThatWasNotAskedFor() {
    HttpResponse<String> answer =
        gateway.chat(
            """
            {"model":"auto","stream":true,"messages":[{"role":"user","content":"Hi"}],"max_tokens":8}
            """);

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body())
        .startsWith("data: {")
        .endsWith("data: [DONE]\n\n")
        .doesNotContain("\"usage\"");
    assertThat(answer.headers().firstValue("content-type").orElse(""))
        .startsWith("text/event-stream");
    assertThat(gateway.metric("penstock_tokens_total", "direction=\"completion\"")).isEqualTo(8);
  }

  @Test
  void aDryRun_decidesAndPrices_andCallsNothing() {
    String body = "{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

    var answer =
        gateway.send(
            gateway
                .request("/v1/chat/completions")
                .header("x-penstock-dry-run", "true")
                .POST(java.net.http.HttpRequest.BodyPublishers.ofString(body))
                .build());

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body())
        .contains("\"object\":\"penstock.dry_run\"", "\"pool\":\"p\"", "\"backend\":\"p-1\"");
    assertThat(model.stats().finished()).isZero();
  }

  @Test
  void models_areListed() {
    var answer = gateway.send(gateway.request("/v1/models").GET().build());

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).contains("\"id\":\"auto\"", "\"id\":\"p\"", "\"id\":\"llama-2-7b\"");
  }
}
