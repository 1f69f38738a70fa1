package io.penstock.gateway.expect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.penstock.config.Complexity;
import io.penstock.gateway.testing.TestBed;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What answers had is what is expected of the next ones, per tenant, complexity and model. */
class ExpectationsTest {
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private static JsonObject ask(TestBed bed, String key, String rest, boolean dryRun)
      throws Exception {
    String body =
        "{\"model\": \"auto\", \"messages\": [{\"role\": \"user\", \"content\": \"Where is"
            + " Oslo?\"}]"
            + rest
            + "}";
    var request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + bed.gateway().port() + "/v1/chat/completions"))
            .header("authorization", "Bearer " + key)
            .header("content-type", "application/json");
    if (dryRun) {
      request.header("x-penstock-dry-run", "true");
    }
    var answer =
        HTTP.send(request.POST(BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return new JsonObject(answer.body());
  }

  private static int expected(TestBed bed, String key, String rest) throws Exception {
    return ask(bed, key, rest, true).getJsonObject("tokens").getInteger("completion_expected");
  }

  @Test
  void dryRun_expectsWhatAnswersHad() throws Exception {
    try (var bed = TestBed.start()) {
      int before = expected(bed, TestBed.PAID, "");
      double sum = 0;
      for (int i = 0; i < 60; i++) {
        sum +=
            ask(bed, TestBed.PAID, ", \"max_tokens\": 500, \"seed\": " + i, false)
                .getJsonObject("usage")
                .getInteger("completion_tokens");
      }
      double mean = sum / 60;

      int after = expected(bed, TestBed.PAID, "");
      assertThat((double) after).isCloseTo(mean + (before - mean) / 16, within(0.12 * mean));
      assertThat(expected(bed, TestBed.PAID, ", \"max_tokens\": 12")).isLessThanOrEqualTo(12);
      // Another tenant's are like the model's, with more doubt.
      int others = expected(bed, TestBed.ENTERPRISE, "");
      assertThat(others).isBetween(Math.min(before, after), Math.max(before, after));
    }
  }

  @Test
  void mean_ofAnswersThatLimitsCut_isThatOfWhatTheyWouldHaveHad() {
    // Exponential answers of 100 in the mean, most of the first two thirds cut at 20 or 60.
    var random = new SplittableRandom(7);
    var lengths = new AnswerLengths();
    double seen = 0;
    double expected = 0;
    for (int i = 0; i < 20_000; i++) {
      double wanted = 1 - 100 * Math.log(1 - random.nextDouble());
      double limit = new double[] {20, 60, Double.POSITIVE_INFINITY}[i % 3];
      double given = Math.min(wanted, limit);
      lengths.add(given, given >= limit);
      if (i >= 10_000) {
        seen += given / 10_000;
        expected += lengths.mean(Double.POSITIVE_INFINITY) / 10_000;
      }
    }
    assertThat(seen).isLessThan(60);
    assertThat(expected).isCloseTo(101, within(8.0));
    assertThat(lengths.mean(20)).isBetween(15.0, 20.0);
  }

  @Test
  void promptCounts_areOfTokens_andStartFromWhatWasBelieved() {
    var counts = new PromptCounts();
    assertThat(counts.cachedShare(0.5, 20)).isEqualTo(0.5);
    assertThat(counts.perEstimated(1, 20)).isEqualTo(1);
    for (int i = 0; i < 3000; i++) {
      boolean odd = i % 2 == 0;
      counts.add(odd ? 600 : 200, odd ? 900 : 100, odd ? 450 : 0);
    }
    assertThat(counts.cachedShare(0, 0)).isCloseTo(0.45, within(0.01));
    assertThat(counts.cachedShare(0, 200)).isCloseTo(0.225, within(0.01));
    assertThat(counts.perEstimated(1, 0)).isCloseTo(1.25, within(0.01));
  }

  @Test
  void mean_followsAChange() {
    var lengths = new AnswerLengths();
    for (int i = 0; i < 100_000; i++) {
      lengths.add(100, false);
    }
    assertThat(lengths.mean(Double.POSITIVE_INFINITY)).isCloseTo(100, within(1e-6));
    assertThat(lengths.mean(40)).isEqualTo(40);
    for (int i = 0; i < 1000; i++) {
      lengths.add(400, false);
    }
    assertThat(lengths.mean(Double.POSITIVE_INFINITY)).isBetween(395.0, 400.0);
    assertThat(lengths.count()).isCloseTo(200, within(1.0));
  }

  @Test
  void complexities_areThree() {
    assertThat(Complexity.values()).hasSize(3);
  }
}
