package io.penstock.gateway.capacity;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.TestBed;
import io.penstock.loadtest.modelserver.ModelServer;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Servers that are slower than the config says, behind a real gateway. */
class LiveCalibrationTest {
  private static final String CONFIG =
      """
      server: {host: 127.0.0.1, port: 0}
      admin: {port: 0}
      tiers:
        all: {route: {simple: slow, medium: slow, complex: slow}}
      keys: [{id: all, sha256: "${ALL}", tier: all}]
      pools:
        slow:
          model: llama-2-7b
          url: "@slow"
          capacity: {gpu: a100-80, min: 1, max: 40}
          slo: {ttft: 2s, tpot: 100ms}
        other:
          model: gpt-4
          url: "@slow"
      """;
  private static final String KEY = "sk-test-all-canary";
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private static TestBed bed;

  @BeforeAll
  static void start() throws Exception {
    bed =
        TestBed.setup()
            .server(
                "slow",
                ModelServer.Options.defaults()
                    .withModel("llama-2-7b")
                    .withSpeed(0.4)
                    .withMedianCompletionTokens(4000))
            .config(CONFIG)
            .start();
  }

  @AfterAll
  static void stop() throws Exception {
    bed.close();
  }

  private static JsonObject get(String path) throws Exception {
    var uri = URI.create("http://127.0.0.1:" + bed.gateway().adminPort() + path);
    var answer = HTTP.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    return new JsonObject(answer.body()).put("status", answer.statusCode());
  }

  private static JsonObject pool() {
    try {
      return get("/api/capacity").getJsonObject("pools").getJsonObject("slow");
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static double dryRunTotalMillis() throws Exception {
    var request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + bed.gateway().port() + "/v1/completions"))
            .header("authorization", "Bearer " + KEY)
            .header("x-penstock-dry-run", "true")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"model\": \"auto\", \"prompt\": [1, 2, 3], \"max_tokens\": 20}"))
            .build();
    var decision = new JsonObject(HTTP.send(request, BodyHandlers.ofString()).body());
    return decision.getJsonObject("latency").getJsonObject("total_ms").getDouble("p50");
  }

  private static Void stream(int tokens) throws Exception {
    try (var client = new RawClient(bed.gateway().port())) {
      client.post(
          "/v1/chat/completions",
          KEY,
          """
          {"model": "auto", "stream": true, "max_tokens": %d, "ignore_eos": true,
           "messages": [{"role": "user", "content": "%s"}]}\
          """
              .formatted(tokens, "Tell me about rivers. ".repeat(tokens)));
      assertThat(client.readStatus()).isEqualTo(200);
      client.headers();
      while (client.chunk().length > 0) {
        // To its end.
      }
    }
    return null;
  }

  private static void load(ExecutorService clients, int requests) throws Exception {
    List<Callable<Void>> calls = new ArrayList<>();
    for (int i = 0; i < requests; i++) {
      int tokens = 20 + 10 * (i % 4);
      calls.add(() -> stream(tokens));
    }
    for (Future<Void> call : clients.invokeAll(calls)) {
      call.get();
    }
  }

  @Test
  void capacity_ofSlowServers_isFoundOut_andMoreAreDesired() throws Exception {
    assertThat(pool().getInteger("desired_replicas")).isEqualTo(1);
    assertThat(pool().getJsonObject("calibration").getInteger("samples")).isZero();
    double planned = pool().getDouble("saturation_rps");
    double before = dryRunTotalMillis();

    try (var clients = Executors.newFixedThreadPool(8)) {
      load(clients, 80);
    }
    TestBed.await(() -> pool().getJsonObject("calibration").getInteger("samples") >= 80);

    var seen = pool();
    System.out.println(seen.encodePrettily());
    // The dry run's latency is that of the servers as they are.
    assertThat(dryRunTotalMillis()).isGreaterThan(1.5 * before);
    var decode = seen.getJsonObject("calibration").getJsonObject("decode");
    assertThat(decode.getDouble("prior")).isEqualTo(1);
    assertThat(decode.getDouble("value")).isGreaterThan(1.7);
    assertThat(seen.getJsonObject("calibration").getBoolean("contradicts_config")).isTrue();
    assertThat(seen.getJsonArray("reasons").encode()).contains("not what the config says");
    assertThat(seen.getDouble("saturation_rps")).isPositive();
    assertThat(planned).isPositive();
    assertThat(seen.getJsonObject("latency").getJsonObject("tpot").getDouble("observed_ms"))
        .isPositive();
  }

  @Test
  void targets_areThereToBePolled() throws Exception {
    assertThat(get("/api/capacity/targets").getJsonObject("pools").getJsonObject("slow").getMap())
        .containsOnlyKeys("desired_replicas");
    assertThat(get("/api/capacity/targets/slow").getInteger("desired_replicas")).isPositive();
    assertThat(get("/api/capacity/targets/other").getInteger("status")).isEqualTo(404);
    assertThat(get("/api/capacity/targets/nobody").getInteger("status")).isEqualTo(404);
  }

  @Test
  void metrics_haveTheModelsFigures() throws Exception {
    var uri = URI.create("http://127.0.0.1:" + bed.gateway().adminPort() + "/metrics");
    var text = HTTP.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();

    assertThat(text)
        .contains("penstock_capacity_desired_replicas{pool=\"slow\"}")
        .contains("penstock_capacity_replicas{pool=\"slow\"} 1.0")
        .contains("penstock_capacity_max_rps{pool=\"slow\"}")
        .contains("penstock_pool_utilization_ratio{pool=\"slow\"}")
        .contains("penstock_capacity_model_error_ratio{metric=\"tpot\",pool=\"slow\"}")
        .doesNotContain("penstock_capacity_desired_replicas{pool=\"other\"}");
  }
}
