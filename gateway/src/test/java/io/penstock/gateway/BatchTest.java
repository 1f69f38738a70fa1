package io.penstock.gateway;

import static io.penstock.gateway.TestGateway.pool;
import static io.penstock.gateway.TestGateway.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
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

final class BatchTest {
  private final List<AutoCloseable> open = new ArrayList<>();
  private final CountDownLatch goOn = new CountDownLatch(1);

  @AfterEach
  void close() throws Exception {
    goOn.countDown();
    for (AutoCloseable closeable : open.reversed()) {
      closeable.close();
    }
  }

  /** Embeds each input as its length, ten tokens in all for each; refuses what has "bad" in it. */
  private RawServer server() throws IOException {
    RawServer server =
        RawServer.start(exchange -> {
          if (exchange.body().contains("slow")) {
            goOn.await();
          }
          if (exchange.body().contains("bad")) {
            exchange.json(400, "{\"error\":{\"message\":\"bad input\",\"code\":null}}");
            return;
          }
          JsonObject asked = new JsonObject(exchange.body());
          boolean embeds = asked.containsKey("input");
          Object value = asked.getValue(embeds ? "input" : "prompt");
          JsonArray inputs = value instanceof JsonArray many ? many : new JsonArray().add(value);
          JsonArray items = new JsonArray();
          for (int i = inputs.size() - 1; i >= 0; i--) {
            JsonObject item = new JsonObject().put("index", i);
            items.add(
                embeds
                    ? item.put("embedding", new JsonArray().add(inputs.getString(i).length()))
                    : item.put("text", inputs.getString(i) + "!").put("finish_reason", "stop"));
          }
          exchange.json(
              200,
              new JsonObject()
                  .put("object", "list")
                  .put(embeds ? "data" : "choices", items)
                  .put(
                      "usage",
                      new JsonObject()
                          .put("prompt_tokens", 10 * inputs.size())
                          .put("completion_tokens", embeds ? 0 : 3 * inputs.size()))
                  .encode());
        });
    open.add(server);
    return server;
  }

  private TestGateway gateway(RawServer server, String batch) {
    TestGateway gateway =
        TestGateway.startOnOneLoop(
            pool("p", "supports: {embeddings: true}, batch: {" + batch + "}", server.url()));
    open.add(gateway);
    return gateway;
  }

  private static CompletableFuture<HttpResponse<String>> ask(
      TestGateway gateway, String path, String body) {
    return gateway
        .client()
        .sendAsync(
            gateway.request(path).POST(BodyPublishers.ofString(body)).build(),
            BodyHandlers.ofString());
  }

  private static CompletableFuture<HttpResponse<String>> embed(TestGateway gateway, String input) {
    return ask(gateway, "/v1/embeddings", "{\"model\":\"auto\",\"input\":" + input + "}");
  }

  private static JsonObject json(CompletableFuture<HttpResponse<String>> answer) {
    assertThat(answer.join().statusCode()).as(answer.join().body()).isEqualTo(200);
    return new JsonObject(answer.join().body());
  }

  @Test
  void embeddings_ofSeveralCallers_areOneRequest_andEachHasItsOwn() throws IOException {
    RawServer server = server();
    TestGateway gateway = gateway(server, "wait: 10s, max: 4");

    var one = embed(gateway, "\"aa\"");
    var two = embed(gateway, "[\"bbb\", \"cccc\"]");
    until(() -> gateway.metric("penstock_inflight") == 2);
    var three = embed(gateway, "[\"ddddd\"]");

    assertThat(json(one).getJsonArray("data").encode())
        .isEqualTo("[{\"index\":0,\"embedding\":[2]}]");
    assertThat(json(two).getJsonArray("data").encode())
        .isEqualTo("[{\"index\":0,\"embedding\":[3]},{\"index\":1,\"embedding\":[4]}]");
    assertThat(json(three).getJsonArray("data").encode())
        .isEqualTo("[{\"index\":0,\"embedding\":[5]}]");
    assertThat(server.heads()).hasSize(1);
    int told = 0;
    for (var answer : List.of(one, two, three)) {
      told += json(answer).getJsonObject("usage").getInteger("prompt_tokens");
    }
    assertThat(told).isEqualTo(40);
    until(() -> gateway.metric("penstock_tokens_total", "direction=\"prompt\"") == 40);
  }

  @Test
  void completions_areOneRequest_andTheirTokensAreSharedOut() throws IOException {
    RawServer server = server();
    TestGateway gateway = gateway(server, "wait: 10s, max: 2");

    var one = ask(gateway, "/v1/completions", "{\"prompt\":\"aa\",\"max_tokens\":5}");
    var two = ask(gateway, "/v1/completions", "{\"prompt\":\"bb\",\"max_tokens\":5}");

    assertThat(json(one).getJsonArray("choices").getJsonObject(0).getString("text"))
        .isEqualTo("aa!");
    assertThat(json(two).getJsonArray("choices").getJsonObject(0).getString("text"))
        .isEqualTo("bb!");
    assertThat(json(two).getJsonObject("usage").getInteger("completion_tokens")).isEqualTo(3);
    assertThat(server.heads()).hasSize(1);
  }

  @Test
  void otherFields_deadlines_andStreams_areNotJoined() throws IOException {
    RawServer server = server();
    TestGateway gateway = gateway(server, "wait: 1s, max: 2");

    var one = embed(gateway, "\"a\"");
    var other =
        ask(gateway, "/v1/embeddings", "{\"model\":\"auto\",\"user\":\"u\",\"input\":\"b\"}");
    var urgent =
        gateway.send(
            gateway
                .request("/v1/embeddings")
                .header("x-penstock-deadline-ms", "900")
                .POST(BodyPublishers.ofString("{\"model\":\"auto\",\"input\":\"c\"}"))
                .build());

    assertThat(urgent.statusCode()).isEqualTo(200);
    json(one);
    json(other);
    assertThat(server.heads()).hasSize(3);
  }

  @Test
  void oneCallersFault_isToldToThatCallerAlone() throws IOException {
    RawServer server = server();
    TestGateway gateway = gateway(server, "wait: 10s, max: 2");

    var good = embed(gateway, "\"fine\"");
    var bad = embed(gateway, "\"bad\"");

    assertThat(json(good).getJsonArray("data").getJsonObject(0).getJsonArray("embedding").encode())
        .isEqualTo("[4]");
    assertThat(bad.join().statusCode()).isEqualTo(400);
    assertThat(bad.join().body()).contains("bad input");
    assertThat(server.heads()).hasSize(3);
  }

  @Test
  void clientThatLeaves_takesNothingFromTheOthers() throws IOException {
    RawServer server = server();
    TestGateway gateway = gateway(server, "wait: 10s, max: 2");

    var gone = embed(gateway, "\"slow\"");
    var stays = embed(gateway, "\"bb\"");
    until(() -> server.heads().size() == 1);
    gone.cancel(true);
    until(() -> gateway.metric("penstock_requests_total", "outcome=\"cancelled\"") == 1);
    goOn.countDown();

    assertThat(json(stays).getJsonArray("data").getJsonObject(0).getJsonArray("embedding").encode())
        .isEqualTo("[2]");
  }
}
