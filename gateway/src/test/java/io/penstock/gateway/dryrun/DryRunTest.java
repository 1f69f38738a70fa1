package io.penstock.gateway.dryrun;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.penstock.config.ComplexityBands;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.catalog.Catalog;
import io.penstock.gateway.call.Admission;
import io.penstock.gateway.call.CacheOutlook;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Calls;
import io.penstock.gateway.call.Configs;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.LimitState;
import io.penstock.gateway.call.Refusal;
import io.penstock.gateway.call.Reservation;
import io.penstock.gateway.call.Route;
import io.penstock.gateway.call.Usage;
import io.penstock.gateway.choose.Router;
import io.penstock.gateway.classify.Classifier;
import io.penstock.gateway.cost.Cost;
import io.penstock.gateway.cost.Replicas;
import io.penstock.planner.calibrate.FirstToken;
import io.penstock.planner.calibrate.FirstTokens;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

final class DryRunTest {
  private static final String EASY = "What is the capital of Peru?";
  private static final String HARD =
      "Prove the theorem step by step, derive its complexity and design an algorithm in Rust.";
  private static final LimitState LIMITS =
      new LimitState(600, 599, 6_000_000_000L, 2_000_000, 1_999_690, 1_000_000_000L);

  private final PenstockConfig config = Configs.fleet();
  private final Replicas replicas = new Replicas(config, Catalog.shipped());
  private final DryRun dryRun = new DryRun(new Cost(config, Catalog.shipped(), replicas), replicas);
  private final Caller caller = Configs.caller(config, "paid");

  private record Taken(LimitState state) implements Reservation {
    @Override
    public void settle(Usage usage, long microUsd) {}

    @Override
    public void release() {}
  }

  private static Function<Pool, Standing> busy(int inFlight) {
    return pool ->
        new Standing(
            Optional.of(pool.name() + "-1"),
            "it is its turn",
            inFlight,
            Double.NaN,
            Double.NaN,
            FirstToken.UNKNOWN,
            Optional.empty(),
            1,
            0,
            0.25);
  }

  private JsonNode answer(String prompt, int inFlight) throws IOException {
    return answer(Calls.chat(prompt), new Taken(LIMITS), busy(inFlight));
  }

  private JsonNode answer(Call call, Admission admission, Function<Pool, Standing> standing)
      throws IOException {
    Demand demand = new Classifier(ComplexityBands.DEFAULT).measure(call);
    Route route = (Route) new Router(config).route(call, caller, demand);
    return new ObjectMapper()
        .readTree(
            dryRun.answer(
                new Decision(
                    call,
                    caller,
                    demand,
                    route,
                    admission,
                    LIMITS,
                    new CacheOutlook(true, false),
                    standing)));
  }

  @Test
  void answer_hasTheFieldsOfTheInterface() throws IOException {
    JsonNode json = answer(EASY, 0);
    assertThat(json.fieldNames())
        .toIterable()
        .containsExactly(
            "object",
            "request_id",
            "tenant",
            "tier",
            "complexity",
            "decision",
            "limits",
            "cache",
            "tokens",
            "cost",
            "latency");
    assertThat(json.get("object").asText()).isEqualTo("penstock.dry_run");
    assertThat(json.get("request_id").asText()).isEqualTo("test");
    assertThat(json.get("tenant").asText()).isEqualTo("paid-tenant");
    assertThat(json.get("tier").asText()).isEqualTo("paid");
    JsonNode decision = json.get("decision");
    assertThat(decision.get("pool").asText()).isEqualTo("small");
    assertThat(decision.get("backend").asText()).isEqualTo("small-1");
    assertThat(decision.get("model").asText()).isEqualTo("llama-2-7b");
    assertThat(decision.get("reason").asText())
        .isEqualTo("tier paid sends simple requests to small");
    assertThat(json.at("/cost/basis").asText()).isEqualTo("gpu-time");
    assertThat(json.at("/cache/would_hit").isBoolean()).isTrue();
  }

  @Test
  void answer_showsEverySignalOfTheScore() throws IOException {
    JsonNode complexity = answer(HARD, 0).get("complexity");
    double sum = 0;
    for (JsonNode signal : complexity.get("signals")) {
      assertThat(signal.get("name").asText()).isNotEmpty();
      assertThat(signal.get("value").isNumber()).isTrue();
      sum += signal.get("contribution").asDouble();
    }
    assertThat(complexity.get("class").asText()).isEqualTo("complex");
    assertThat(sum).isCloseTo(complexity.get("score").asDouble(), within(1e-4));
  }

  @Test
  void answer_showsLimitsAsAReservationWouldLeaveThem() throws IOException {
    JsonNode limits = answer(EASY, 0).get("limits");
    assertThat(limits.toString())
        .isEqualTo(
            "{\"admitted\":true,"
                + "\"requests\":{\"limit\":600,\"remaining\":599,\"reset\":\"6s\"},"
                + "\"tokens\":{\"limit\":2000000,\"remaining\":1999690,\"reset\":\"1s\"}}");
  }

  @Test
  void answer_whenTheLimitsRefuse_saysWhy() throws IOException {
    LimitState none = new LimitState(20, 0, 90_000_000_000L, -1, -1, 0);
    Refusal refusal =
        new Refusal.RateLimited("requests", Duration.ofSeconds(90), "Rate limit reached.", none);
    JsonNode limits = answer(Calls.chat(EASY), refusal, busy(0)).get("limits");
    assertThat(limits.get("admitted").asBoolean()).isFalse();
    assertThat(limits.get("reason").asText()).isEqualTo("Rate limit reached.");
    assertThat(limits.get("status").asInt()).isEqualTo(429);
    assertThat(limits.at("/requests/reset").asText()).isEqualTo("1m30s");
    assertThat(limits.at("/tokens/limit").isNull()).isTrue();
  }

  @Test
  void answer_pricesThePoolAndItsAlternatives() throws IOException {
    JsonNode json = answer(EASY, 0);
    double expected = json.at("/cost/expected_usd").asDouble();
    assertThat(expected).isPositive();
    assertThat(json.at("/cost/max_usd").asDouble()).isGreaterThan(expected);
    JsonNode alternatives = json.at("/decision/alternatives");
    assertThat(alternatives).hasSize(2);
    JsonNode large = alternatives.get(1);
    assertThat(large.get("pool").asText()).isEqualTo("large");
    long prompt = json.at("/tokens/prompt").asLong();
    long completion = json.at("/tokens/completion_expected").asLong();
    assertThat(large.get("expected_usd").asDouble())
        .isCloseTo((prompt * 30 + completion * 60) / 1e6, within(1e-9));
    assertThat(large.get("why_not").asText())
        .isEqualTo("tier paid keeps it for complex requests; dearer");
    assertThat(large.get("ttft_ms").isNull()).isTrue();
  }

  @Test
  void answer_atABusierBackend_takesLongerAndCostsLess() throws IOException {
    JsonNode idle = answer(EASY, 0);
    JsonNode busy = answer(EASY, 16);
    assertThat(idle.at("/latency/basis").asText()).isEqualTo("capacity-model");
    for (String path : new String[] {"/latency/ttft_ms/p50", "/latency/total_ms/p50"}) {
      assertThat(busy.at(path).asLong()).as(path).isGreaterThan(idle.at(path).asLong());
    }
    assertThat(busy.at("/latency/ttft_ms/p95").asLong())
        .isGreaterThanOrEqualTo(busy.at("/latency/ttft_ms/p50").asLong());
    assertThat(busy.at("/cost/expected_usd").asDouble())
        .isLessThan(idle.at("/cost/expected_usd").asDouble());
  }

  @Test
  void answer_ofAProvider_saysWhatWasObserved() throws IOException {
    JsonNode unknown = answer(HARD, 0);
    assertThat(unknown.at("/decision/pool").asText()).isEqualTo("large");
    assertThat(unknown.at("/latency/ttft_ms/p50").isNull()).isTrue();
    assertThat(unknown.at("/latency/basis").asText()).isEqualTo("unknown");
    JsonNode observed =
        answer(
            Calls.chat(HARD),
            new Taken(LIMITS),
            _ ->
                new Standing(
                    Optional.of("large"),
                    "it is its turn",
                    2,
                    0.25,
                    0.02,
                    FirstToken.UNKNOWN,
                    Optional.empty(),
                    1,
                    0,
                    0));
    assertThat(observed.at("/latency/ttft_ms/p50").asLong()).isEqualTo(250);
    assertThat(observed.at("/latency/total_ms/p50").asLong())
        .isEqualTo(250 + 20 * (observed.at("/tokens/completion_expected").asLong() - 1));
    assertThat(observed.at("/latency/basis").asText()).isEqualTo("observed");
  }

  @Test
  void latency_saysHowLongTheCallWouldWaitForAPlace() throws IOException {
    assertThat(answer(EASY, 3).at("/latency/queue_ms").asLong()).isEqualTo(250);
  }

  @Test
  void latency_isSpreadAsFirstTokensOfLateWere() throws IOException {
    JsonNode plain = answer(Calls.chat(EASY), new Taken(LIMITS), spread(3, 1, 2, 0));
    JsonNode model = answer(Calls.chat(EASY), new Taken(LIMITS), spread(3, 1.5, 4, 0));
    double middle = plain.at("/latency/ttft_ms/p50").asDouble();
    assertThat(middle).isGreaterThan(5);
    assertThat(plain.at("/latency/ttft_ms/p95").asDouble())
        .isCloseTo(2 * middle, within(0.08 * middle + 2));
    assertThat(model.at("/latency/ttft_ms/p50").asDouble())
        .isCloseTo(1.5 * middle, within(0.06 * middle + 2));
    assertThat(model.at("/latency/ttft_ms/p95").asDouble())
        .isCloseTo(4 * middle, within(0.2 * middle + 2));
    JsonNode provider = answer(Calls.chat(HARD), new Taken(LIMITS), spread(3, 0.3, 0.9, 0));
    assertThat(provider.at("/latency/ttft_ms/p50").asLong()).isEqualTo(300);
    assertThat(provider.at("/latency/ttft_ms/p95").asLong()).isEqualTo(900);
  }

  @Test
  void expectedCost_ofAPromptThatIsPartlyCached_isLower() throws IOException {
    for (String prompt : new String[] {EASY.repeat(20), HARD}) {
      JsonNode fresh = answer(Calls.chat(prompt), new Taken(LIMITS), spread(0, 1, 1, 0));
      JsonNode known = answer(Calls.chat(prompt), new Taken(LIMITS), spread(0, 1, 1, 0.9));
      assertThat(known.at("/cost/expected_usd").asDouble())
          .isLessThan(fresh.at("/cost/expected_usd").asDouble());
      assertThat(known.at("/cost/max_usd")).isEqualTo(fresh.at("/cost/max_usd"));
    }
  }

  private static Function<Pool, Standing> spread(
      int inFlight, double p50, double p95, double cachedShare) {
    return pool ->
        new Standing(
            Optional.of(pool.name() + "-1"),
            "it is its turn",
            inFlight,
            1,
            0.02,
            new FirstToken(p50, p50, p95, p95),
            Optional.of(around(p50, p95)),
            1,
            cachedShare,
            0);
  }

  /** Most take so many times as long as modelled, and one in ten the longer time. */
  private static FirstTokens around(double usual, double seldom) {
    var tokens = new FirstTokens();
    for (double said = 1e-4; said < 10; said *= 1.2) {
      for (int i = 0; i < 20; i++) {
        tokens.add(said, said * (i % 10 == 0 ? seldom : usual));
      }
    }
    return tokens;
  }

  @Test
  void answer_whenNoBackendIsUp_hasNone() throws IOException {
    JsonNode json = answer(Calls.chat(EASY), new Taken(LIMITS), _ -> Standing.UNKNOWN);
    assertThat(json.at("/decision/backend").isNull()).isTrue();
  }

  @Test
  void answer_ofABoundedCall_showsTheBound() throws IOException {
    Call call = new Calls().user(EASY).maxTokens(64).choices(2).build();
    JsonNode tokens = answer(call, new Taken(LIMITS), busy(0)).get("tokens");
    assertThat(tokens.get("completion_max").asInt()).isEqualTo(128);
    assertThat(tokens.get("completion_expected").asInt()).isBetween(1, 128);
  }
}
