package io.penstock.gateway.whatif;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.TestBed;
import io.penstock.loadtest.modelserver.ModelServer;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What-if plans of a pool whose server turned out half as fast as the config says. */
class WhatIfCalibratedTest {
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
          capacity: {gpu: h100, min: 1, max: 1000}
      """;
  private static final String KEY = "sk-test-all-canary";
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private static JsonObject ask(TestBed bed, String gpu) throws Exception {
    var question =
        """
        {"traffic": {"peak_rps": 400, "prompt_tokens": 300, "completion_tokens": 200},
         "headroom": 0, "spares": 0, "pools": {"slow": {"gpu": "%s"}}}\
        """
            .formatted(gpu);
    var uri = URI.create("http://127.0.0.1:" + bed.gateway().adminPort() + "/api/whatif");
    var request = HttpRequest.newBuilder(uri).POST(BodyPublishers.ofString(question)).build();
    var answer = HTTP.send(request, BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return new JsonObject(answer.body()).getJsonArray("pools").getJsonObject(0);
  }

  private static int replicas(JsonObject pool) {
    return pool.getJsonObject("replicas").getInteger("total");
  }

  private static double withoutAllowance(JsonObject pool) {
    return replicas(pool) / pool.getDouble("uncertainty");
  }

  private static int samples(TestBed bed) {
    try {
      return new JsonObject(bed.admin("/api/capacity").body())
          .getJsonObject("pools")
          .getJsonObject("slow")
          .getJsonObject("calibration")
          .getInteger("samples");
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static Void stream(TestBed bed, String first, int words) throws Exception {
    try (var client = new RawClient(bed.gateway().port())) {
      client.post(
          "/v1/chat/completions",
          KEY,
          """
          {"model": "auto", "stream": true, "max_tokens": 40, "ignore_eos": true,
           "messages": [{"role": "user", "content": "%s"}]}\
          """
              .formatted(first + " river".repeat(words)));
      assertThat(client.readStatus()).isEqualTo(200);
      client.headers();
      while (client.chunk().length > 0) {
        // To its end.
      }
    }
    return null;
  }

  private static void load(TestBed bed) throws Exception {
    try (var clients = Executors.newFixedThreadPool(12)) {
      List<Callable<Void>> calls = new ArrayList<>();
      for (int i = 0; i < 80; i++) {
        int words = 10 + 60 * (i % 8);
        String first = "I" + i;
        calls.add(() -> stream(bed, first, words));
      }
      for (Future<Void> call : clients.invokeAll(calls)) {
        call.get();
      }
    }
  }

  @Test
  void plan_afterAServerTurnedOutHalfAsFast_needsTwiceTheReplicas_andSaysWhy() throws Exception {
    var options =
        ModelServer.Options.defaults()
            .withModel("llama-2-7b")
            .withHardware(ModelServer.Hardware.on("llama-2-7b", "h100"))
            .withSpeed(0.5)
            .withMedianCompletionTokens(4000);
    try (var bed = TestBed.setup().server("slow", options).config(CONFIG).start()) {
      var planned = ask(bed, "h100");
      var elsewhere = ask(bed, "a100-80");
      assertThat(planned.getJsonObject("parameters").getString("from")).isEqualTo("catalogue");
      assertThat(replicas(planned)).isGreaterThan(10);

      load(bed);
      TestBed.await(() -> samples(bed) >= 80);

      var calibrated = ask(bed, "h100");
      var parameters = calibrated.getJsonObject("parameters");
      assertThat(parameters.getString("from")).isEqualTo("traffic");
      assertThat(parameters.getInteger("samples")).isGreaterThanOrEqualTo(80);
      // Each prompt begins in its own way, so none is cached, and all of them say what prefill
      // takes.
      // Twice; more where the machine that runs this is slow itself.
      double slower = parameters.getDouble("decode");
      assertThat(slower).isGreaterThan(1.7);
      // The catalogue's figures are allowed a larger error than those of traffic.
      double more = withoutAllowance(calibrated) / withoutAllowance(planned);
      assertThat(more).isGreaterThan(1.7);
      assertThat(more / slower).isCloseTo(1, within(0.35));

      // What was seen of one GPU says nothing of another.
      var other = ask(bed, "a100-80");
      assertThat(other.getJsonObject("parameters").getString("from")).isEqualTo("catalogue");
      assertThat(replicas(other)).isEqualTo(replicas(elsewhere));
    }
  }
}
