package io.penstock.gateway.endtoend;

import static io.penstock.gateway.testing.TestBed.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.testing.RedisServer;
import io.penstock.gateway.testing.TestBed;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

/** Whole gateways that share their limits. */
final class RedisLimitsTest {
  private static final String BODY =
      "{\"model\":\"auto\",\"max_tokens\":8,\"messages\":[{\"role\":\"user\",\"content\":\"Hello!\"}]}";

  @Test
  void limit_ofOneRequest_isOneForTwoGateways_andHoldsNobodyUpWithoutRedis() throws Exception {
    try (var redis = RedisServer.start();
        var one = bed(redis);
        var two = bed(redis);
        var client = HttpClient.newHttpClient()) {
      await(() -> one.metric("penstock_store_up", "redis") == 1);
      await(() -> two.metric("penstock_store_up", "redis") == 1);
      assertThat(ask(client, one, TestBed.TIGHT).statusCode()).isEqualTo(200);
      var refused = ask(client, two, TestBed.TIGHT);
      assertThat(refused.statusCode()).isEqualTo(429);
      assertThat(refused.headers().firstValue("retry-after")).isPresent();

      var first = ask(client, one, TestBed.PAID);
      var second = ask(client, two, TestBed.PAID);
      assertThat(first.headers().firstValue("x-ratelimit-remaining-requests")).contains("19999");
      assertThat(second.headers().firstValue("x-ratelimit-remaining-requests")).contains("19998");

      redis.kill();
      for (int i = 0; i < 6; i++) {
        assertThat(ask(client, one, TestBed.PAID).statusCode()).isEqualTo(200);
      }
      await(() -> one.metric("penstock_store_up", "redis") == 0);
      one.assertNothingLost();
      two.assertNothingLost();
    }
  }

  private static TestBed bed(RedisServer redis) throws Exception {
    return TestBed.start(
        options -> options.withMedianCompletionTokens(4),
        yaml -> yaml + "redis: {url: \"" + redis.url() + "\", timeout: 3s}\n");
  }

  private static HttpResponse<String> ask(HttpClient client, TestBed bed, String key)
      throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(bed.url() + "/v1/chat/completions"))
            .header("Authorization", "Bearer " + key)
            .POST(HttpRequest.BodyPublishers.ofString(BODY))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }
}
