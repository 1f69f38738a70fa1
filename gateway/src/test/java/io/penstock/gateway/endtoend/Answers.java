package io.penstock.gateway.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.penstock.gateway.testing.RawClient.Answer;
import io.penstock.gateway.testing.Shapes;
import java.util.List;
import java.util.regex.Pattern;

/** What the interface's page demands of every answer of a kind. */
final class Answers {
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_.:-]{1,128}");
  private static final String GO_DURATION =
      "0s|\\d{1,3}ms|(\\d+h)?(\\d{1,2}m)?\\d{1,2}(\\.\\d{1,3})?s";
  private static final List<String> LIMITS = List.of("requests", "tokens");

  private Answers() {}

  static void any(Answer answer) {
    assertThat(answer.header("x-request-id")).matches(ID);
    assertThat(answer.header("content-type")).isNotEmpty();
  }

  /** A model server's answer; the tier has a limit of requests and one of tokens. */
  static void answered(Answer answer, String tier, String pool, String backend) {
    any(answer);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.header("x-penstock-tier")).isEqualTo(tier);
    assertThat(answer.header("x-penstock-pool")).isEqualTo(pool);
    assertThat(answer.header("x-penstock-backend")).isEqualTo(backend);
    assertThat(answer.header("x-penstock-complexity")).matches("simple|medium|complex");
    assertThat(answer.header("x-penstock-cache")).matches("hit|miss|coalesced|bypass");
    assertThat(answer.header("x-penstock-attempts")).matches("[1-9]");
    limits(answer);
    if (answer.header("content-type").startsWith("text/event-stream")) {
      assertThat(answer.headers()).doesNotContainKey("x-penstock-cost-usd");
    } else {
      assertThat(answer.header("content-type")).startsWith("application/json");
      assertThat(answer.header("x-penstock-cost-usd")).matches("\\d+\\.\\d{6}");
    }
  }

  static void limits(Answer answer) {
    for (String kind : LIMITS) {
      long limit = Long.parseLong(answer.header("x-ratelimit-limit-" + kind));
      long remaining = Long.parseLong(answer.header("x-ratelimit-remaining-" + kind));
      assertThat(remaining).isBetween(0L, limit);
      assertThat(answer.header("x-ratelimit-reset-" + kind)).matches(GO_DURATION);
    }
  }

  /** Penstock's no. */
  static JsonNode refused(Answer answer, int status, String type, String code) {
    any(answer);
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.header("content-type")).startsWith("application/json");
    JsonNode error = Shapes.ERROR.check(answer.text()).path("error");
    assertThat(error.size()).isEqualTo(4);
    assertThat(error.path("type").asText()).isEqualTo(type);
    assertThat(error.path("code").asText()).isEqualTo(code);
    if (status == 429 || status == 503) {
      waits(answer);
    } else {
      assertThat(answer.headers()).doesNotContainKeys("retry-after", "retry-after-ms");
    }
    return error;
  }

  private static void waits(Answer answer) {
    assertThat(answer.header("retry-after")).matches("[1-9]\\d*");
    assertThat(answer.header("retry-after-ms")).matches("[1-9]\\d*");
    long millis = Long.parseLong(answer.header("retry-after-ms"));
    assertThat(Long.parseLong(answer.header("retry-after"))).isEqualTo(Math.ceilDiv(millis, 1000L));
  }
}
