package io.penstock.gateway.endtoend;

import static io.penstock.gateway.endtoend.Ask.CHAT;
import static io.penstock.gateway.endtoend.Ask.DRY;
import static io.penstock.gateway.endtoend.Ask.chat;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.RawClient.Answer;
import io.penstock.gateway.testing.Shapes;
import io.penstock.gateway.testing.TestBed;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A dry run says what would happen, and what happens is that: the same requests are asked dry and
 * then for real, and the two are compared. A dry run itself calls nothing and takes nothing.
 */
final class DryRunTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<Wish> WISHES = Wish.some(400, 11);
  private static final String TINY =
      "{limits: {requests: 2/month, tokens: 300/month, concurrency: 1},"
          + " route: {simple: small, medium: small, complex: small}}";
  private TestBed bed;

  private static TestBed.Setup setup() {
    return new Quick().setup();
  }

  /** Servers that take no time for short answers. */
  private record Quick() {
    TestBed.Setup setup() {
      return TestBed.setup()
          .server("small", options("llama-2-7b"))
          .server("medium", options("llama-2-13b"))
          .server("large", options(TestBed.LARGE).withApiKey(TestBed.UPSTREAM_KEY))
          .tier("tiny", TINY);
    }

    private static io.penstock.loadtest.modelserver.ModelServer.Options options(String model) {
      return TestBed.options(model).withSpeed(0).withMedianCompletionTokens(12);
    }
  }

  @BeforeEach
  void start() throws Exception {
    bed = setup().start();
  }

  @AfterEach
  void stop() throws Exception {
    bed.assertNothingLost();
    bed.close();
  }

  private static Answer dry(RawClient client, Wish wish) throws Exception {
    List<String> headers = new ArrayList<>(wish.headers());
    headers.add(DRY);
    return client.post(wish.path(), wish.key(), wish.body(), headers.toArray(String[]::new)).read();
  }

  private static Answer real(RawClient client, Wish wish) throws Exception {
    return client
        .post(wish.path(), wish.key(), wish.body(), wish.headers().toArray(String[]::new))
        .read();
  }

  private void nothingWasCalledNorCharged() {
    for (String pool : List.of("small", "medium", "large")) {
      assertThat(bed.server(pool).recorded()).isEmpty();
    }
    assertThat(bed.metric("penstock_tokens_total", "")).isZero();
    assertThat(bed.metric("penstock_cost_usd_total", "")).isZero();
    assertThat(bed.metric("penstock_reservations_outstanding", "")).isZero();
  }

  @Test
  void dryRun_ofAnyRequest_saysWhatTheRequestThenMeets() throws Exception {
    List<Answer> said = new ArrayList<>();
    try (var client = new RawClient(bed.port())) {
      for (var wish : WISHES) {
        said.add(dry(client, wish));
        Answers.any(said.getLast());
      }
      nothingWasCalledNorCharged();

      Map<String, Integer> kinds = new TreeMap<>();
      for (int i = 0; i < WISHES.size(); i++) {
        var met = real(client, WISHES.get(i));
        kinds.merge(compare(WISHES.get(i), said.get(i), met), 1, Integer::sum);
      }
      assertThat(kinds)
          .as("what the seed brought")
          .containsKeys("small", "medium", "large", "400", "403", "404");
    }
  }

  /** A pool, or a refusal's status. */
  private static String compare(Wish wish, Answer said, Answer met) throws Exception {
    if (said.status() != 200) {
      assertThat(met.status()).as(wish.toString()).isEqualTo(said.status());
      assertThat(JSON.readTree(met.body())).isEqualTo(JSON.readTree(said.body()));
      Shapes.ERROR.check(said.text());
      return Integer.toString(said.status());
    }
    JsonNode plan = Shapes.DRYRUN.check(said.text());
    String pool = plan.at("/decision/pool").asText();
    assertThat(plan.at("/limits/admitted").asBoolean()).as(wish.toString()).isTrue();
    if (pool.equals("dead")) {
      Answers.refused(met, 503, "overloaded_error", "no_backend");
    } else {
      assertThat(met.header("x-penstock-pool")).as(wish + met.text()).isEqualTo(pool);
      assertThat(met.header("x-penstock-backend")).isEqualTo(plan.at("/decision/backend").asText());
      assertThat(met.status() == 200 || isOverTheBrim(plan, met)).as(wish + met.text()).isTrue();
    }
    assertThat(met.header("x-penstock-tier")).isEqualTo(plan.path("tier").asText());
    assertThat(met.header("x-penstock-complexity"))
        .isEqualTo(plan.at("/complexity/class").asText());
    assertThat(said.header("x-request-id")).isEqualTo(plan.path("request_id").asText());
    figures(wish, plan);
    return pool;
  }

  /**
   * The server counts more tokens than were estimated, and they do not fit its context any more.
   */
  private static boolean isOverTheBrim(JsonNode plan, Answer met) throws Exception {
    double wanted =
        1.5 * plan.at("/tokens/prompt").asInt() + plan.at("/tokens/completion_max").asInt();
    return met.status() == 400
        && JSON.readTree(met.body()).at("/error/code").asText().equals("context_length_exceeded")
        && wanted > 4096;
  }

  private static void figures(Wish wish, JsonNode plan) {
    double expected = plan.at("/cost/expected_usd").asDouble(-1);
    double most = plan.at("/cost/max_usd").asDouble(-1);
    assertThat(expected).as(wish.toString()).isPositive();
    assertThat(most).as(wish.toString()).isGreaterThanOrEqualTo(expected * 0.999);
    assertThat(plan.at("/tokens/completion_expected").asLong())
        .isLessThanOrEqualTo(plan.at("/tokens/completion_max").asLong());
    boolean isApi = plan.at("/decision/pool").asText().equals("large");
    assertThat(plan.at("/cost/basis").asText()).isEqualTo(isApi ? "price-list" : "gpu-time");
    if (!isApi) {
      for (String kind : List.of("/latency/ttft_ms", "/latency/total_ms")) {
        assertThat(plan.at(kind + "/p50").asLong()).isPositive();
        assertThat(plan.at(kind + "/p95").asLong())
            .isGreaterThanOrEqualTo(plan.at(kind + "/p50").asLong());
      }
      assertThat(plan.at("/latency/total_ms/p50").asLong())
          .isGreaterThanOrEqualTo(plan.at("/latency/ttft_ms/p50").asLong());
    }
    double sum = 0;
    for (var signal : plan.at("/complexity/signals")) {
      sum += signal.path("contribution").asDouble();
    }
    assertThat(Math.clamp(sum, 0, 1))
        .as(plan.path("complexity").toString())
        .isBetween(
            plan.at("/complexity/score").asDouble() - 0.001,
            plan.at("/complexity/score").asDouble() + 0.001);
  }

  @Test
  void dryRuns_takeNothing_howeverMany() throws Exception {
    String key = TestBed.key("tiny");
    String body = chat("\"max_tokens\":20");
    List<String> limits = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      var plan = Shapes.DRYRUN.check(Ask.post(bed, CHAT, key, body, DRY).text());
      assertThat(plan.at("/limits/admitted").asBoolean()).isTrue();
      limits.add(plan.at("/limits/requests/remaining") + "/" + plan.at("/limits/tokens/remaining"));
    }
    assertThat(limits).containsOnly(limits.getFirst());
    nothingWasCalledNorCharged();

    var real = Ask.post(bed, CHAT, key, body);
    assertThat(
            real.header("x-ratelimit-remaining-requests")
                + "/"
                + real.header("x-ratelimit-remaining-tokens"))
        .as("a dry run shows the limits as the call would leave them")
        .isEqualTo(limits.getFirst());
  }

  @Test
  void dryRun_whereLimitsRefuse_saysSoAndWhy() throws Exception {
    String key = TestBed.key("tiny");
    String body = chat("\"max_tokens\":20");
    for (int i = 0; i < 2; i++) {
      assertThat(Ask.post(bed, CHAT, key, body).status()).isEqualTo(200);
      TestBed.await(() -> bed.metric("penstock_reservations_outstanding", "") == 0);
    }
    var plan = Shapes.DRYRUN.check(Ask.post(bed, CHAT, key, body, DRY).text());
    var real = Ask.post(bed, CHAT, key, body);

    assertThat(plan.at("/limits/admitted").asBoolean()).isFalse();
    assertThat(plan.at("/limits/status").asInt()).isEqualTo(429).isEqualTo(real.status());
    assertThat(plan.at("/limits/requests/remaining").asInt()).isZero();

    var large = Ask.post(bed, CHAT, key, chat("\"max_tokens\":3000,\"n\":3"), DRY);
    assertThat(Shapes.DRYRUN.check(large.text()).at("/limits/status").asInt()).isEqualTo(400);
  }

  @Test
  void dryRun_ofAPoolWithoutABackend_namesNone() throws Exception {
    assertThat(bed.adminPost("/api/pools/small/backends/small-1/drain").statusCode())
        .isEqualTo(200);
    var answer = Ask.post(bed, CHAT, TestBed.PAID, chat("\"model\":\"small\""), DRY);

    assertThat(Shapes.DRYRUN.check(answer.text()).at("/decision/backend").isNull()).isTrue();
  }

  @Test
  void serveDryRun_answersEveryRequestSo() throws Exception {
    try (var always = setup().dryRun().start();
        var client = new RawClient(bed.port());
        var other = new RawClient(always.port())) {
      for (var wish : WISHES.subList(0, 150)) {
        var asked = dry(client, wish);
        var answered = real(other, wish);
        assertThat(answered.status()).isEqualTo(asked.status());
        assertThat(comparable(answered)).as(wish.toString()).isEqualTo(comparable(asked));
      }
      assertThat(Ask.get(always, "/v1/models", TestBed.FREE).status()).isEqualTo(200);
      for (String pool : List.of("small", "medium", "large")) {
        assertThat(always.server(pool).recorded()).isEmpty();
      }
      always.assertNothingLost();
    }
  }

  private static JsonNode comparable(Answer answer) throws Exception {
    JsonNode json = JSON.readTree(answer.body());
    if (json instanceof ObjectNode object) {
      object.remove("request_id");
    }
    return json;
  }
}
