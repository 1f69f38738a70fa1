package io.penstock.gateway.choose;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.Complexity;
import io.penstock.config.PenstockConfig;
import io.penstock.gateway.call.Calls;
import io.penstock.gateway.call.Configs;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.Problem;
import io.penstock.gateway.call.Refusal;
import io.penstock.gateway.call.Route;
import io.penstock.gateway.call.Routed;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RouterTest {
  private final PenstockConfig config = Configs.fleet();
  private final Router router = new Router(config);

  private static Calls hello() {
    return new Calls().user("hello");
  }

  private Routed route(String tier, Calls call, Demand demand) {
    return router.route(call.build(), Configs.caller(config, tier), demand);
  }

  private static Demand demand(Complexity level) {
    return Configs.demand(level, 100, Demand.OPEN);
  }

  private static Route taken(Routed routed) {
    assertThat(routed).isInstanceOf(Route.class);
    return (Route) routed;
  }

  private static Problem problem(Routed routed) {
    assertThat(routed).isInstanceOf(Refusal.class);
    return Problem.of((Refusal) routed);
  }

  @ParameterizedTest
  @CsvSource({
    "free, SIMPLE, small", "free, MEDIUM, small", "free, COMPLEX, medium",
    "paid, SIMPLE, small", "paid, MEDIUM, medium", "paid, COMPLEX, large"
  })
  void route_withoutAName_followsTierAndComplexity(String tier, Complexity level, String pool) {
    Route route = taken(route(tier, hello(), demand(level)));
    assertThat(route.pool().name()).isEqualTo(pool);
    assertThat(route.reason())
        .isEqualTo(
            "tier "
                + tier
                + " sends "
                + level.name().toLowerCase(Locale.ROOT)
                + " requests to "
                + pool);
    assertThat(taken(route(tier, hello().model("auto"), demand(level))).pool())
        .isEqualTo(route.pool());
  }

  @Test
  void route_saysOfEveryOtherAllowedPoolWhyNot() {
    Route route = taken(route("paid", hello(), demand(Complexity.SIMPLE)));
    assertThat(route.alternatives())
        .extracting(other -> other.pool().name() + ": " + other.whyNot())
        .containsExactly(
            "medium: tier paid keeps it for medium requests",
            "large: tier paid keeps it for complex requests");
  }

  @ParameterizedTest
  @CsvSource({"medium", "llama-2-13b"})
  void route_withANameOfAPoolOrModel_pinsIt(String name) {
    Route route = taken(route("paid", hello().model(name), demand(Complexity.SIMPLE)));
    assertThat(route.pool().name()).isEqualTo("medium");
    assertThat(route.reason()).contains("pins medium");
  }

  @Test
  void route_withTheServersNameForAModel_pinsIt() {
    Calls call = hello().model("meta-llama/Llama-2-7b-chat-hf");
    assertThat(taken(route("paid", call, demand(Complexity.COMPLEX))).pool().name())
        .isEqualTo("small");
  }

  @Test
  void route_withAnAliasOfTheCatalogue_pinsTheModel() {
    Calls call = hello().model("meta-llama/Llama-2-13b-chat-hf");
    assertThat(taken(route("paid", call, demand(Complexity.SIMPLE))).pool().name())
        .isEqualTo("medium");
  }

  @Test
  void route_withAModelOfSeveralPools_takesTheFirstAllowedThatCan() {
    Calls call = hello().model("llama-2-7b").maxTokens(8000);
    assertThat(
            taken(route("wide", call, Configs.demand(Complexity.SIMPLE, 100, 8000))).pool().name())
        .isEqualTo("twin");
    assertThat(
            taken(route("wide", hello().model("llama-2-7b"), demand(Complexity.SIMPLE)))
                .pool()
                .name())
        .isEqualTo("small");
  }

  @Test
  void route_withAPoolThatOnlyFallsBack_isNotAllowed() {
    Problem problem = problem(route("free", hello().model("large"), demand(Complexity.SIMPLE)));
    assertThat(problem.status()).isEqualTo(403);
    assertThat(problem.code()).isEqualTo("model_not_allowed");
  }

  @Test
  void route_withANameThatNobodyHas_isNotFound() {
    Problem problem = problem(route("paid", hello().model("gpt-9"), demand(Complexity.SIMPLE)));
    assertThat(problem.status()).isEqualTo(404);
    assertThat(problem.code()).isEqualTo("model_not_found");
    assertThat(problem.message()).contains("gpt-9");
  }

  @Test
  void route_withThePoolHeader_pinsOverTheBodysModel() {
    Calls call = hello().model("gpt-3.5-turbo").pin("medium");
    Route route = taken(route("paid", call, demand(Complexity.SIMPLE)));
    assertThat(route.pool().name()).isEqualTo("medium");
    assertThat(route.reason()).contains("x-penstock-pool");
  }

  @Test
  void route_withAnUnknownPoolInTheHeader_namesTheHeader() {
    Problem problem = problem(route("paid", hello().pin("nope"), demand(Complexity.SIMPLE)));
    assertThat(problem.status()).isEqualTo(404);
    assertThat(problem.code()).isEqualTo("model_not_found");
    assertThat(problem.message()).contains("x-penstock-pool", "nope");
  }

  @Test
  void route_withAForbiddenPoolInTheHeader_isNotAllowed() {
    assertThat(problem(route("free", hello().pin("large"), demand(Complexity.SIMPLE))).status())
        .isEqualTo(403);
  }

  @ParameterizedTest
  @CsvSource({"3900, 100, small", "4000, 97, medium", "9000, -1, large", "100, 8093, large"})
  void route_takesTheNextPoolWhoseContextIsLargeEnough(int prompt, int max, String pool) {
    Calls call = hello().maxTokens(max);
    Route route = taken(route("paid", call, Configs.demand(Complexity.SIMPLE, prompt, max)));
    assertThat(route.pool().name()).isEqualTo(pool);
  }

  @Test
  void route_overTheContextOfEveryPool_isRefusedWithTheLargest() {
    Problem problem =
        problem(route("free", hello(), Configs.demand(Complexity.SIMPLE, 9000, Demand.OPEN)));
    assertThat(problem.status()).isEqualTo(400);
    assertThat(problem.code()).isEqualTo("context_length_exceeded");
    assertThat(problem.message()).contains("8192", "9000");
  }

  @Test
  void route_ofSeveralPrompts_holdsEachAgainstTheContext() {
    Calls call = new Calls().operation(Operation.EMBEDDINGS).prompts(100).tokenIds(40_000);
    assertThat(
            taken(route("wide", call, Configs.demand(Complexity.SIMPLE, 40_000, 0))).pool().name())
        .isEqualTo("vectors");
  }

  @Test
  void route_withTools_passesOverPoolsWithoutThem() {
    Demand demand = needing(Complexity.SIMPLE, true, false);
    Route route = taken(route("paid", hello(), demand));
    assertThat(route.pool().name()).isEqualTo("medium");
    assertThat(route.reason()).contains("small", "takes no tool calls", "medium");
    assertThat(route.alternatives())
        .anySatisfy(other -> assertThat(other.whyNot()).isEqualTo("it takes no tool calls"));
  }

  @Test
  void route_withImages_takesThePoolThatSees() {
    assertThat(taken(route("paid", hello(), needing(Complexity.SIMPLE, true, true))).pool().name())
        .isEqualTo("large");
  }

  @Test
  void route_withImagesWhereNoPoolSees_isABadRequest() {
    Problem problem = problem(route("free", hello(), needing(Complexity.SIMPLE, false, true)));
    assertThat(problem.status()).isEqualTo(400);
    assertThat(problem.message()).contains("free", "images");
  }

  @Test
  void route_ofAPinWithoutTheCapability_isABadRequestAndNotAnotherPool() {
    Problem problem =
        problem(route("paid", hello().model("small"), needing(Complexity.SIMPLE, true, false)));
    assertThat(problem.status()).isEqualTo(400);
    assertThat(problem.message()).contains("small", "tool calls");
  }

  @Test
  void route_ofEmbeddings_takesThePoolThatHasThem() {
    Calls call = hello().operation(Operation.EMBEDDINGS);
    assertThat(taken(route("wide", call, demand(Complexity.SIMPLE))).pool().name())
        .isEqualTo("vectors");
    Problem none = problem(route("paid", call, demand(Complexity.SIMPLE)));
    assertThat(none.status()).isEqualTo(404);
    assertThat(none.message()).contains("paid", "embeddings");
  }

  @Test
  void route_ofAnything_isAllowedAndAble() {
    Random random = new Random(7);
    for (int i = 0; i < 5_000; i++) {
      String tier = random.nextBoolean() ? "paid" : "wide";
      int prompt = random.nextInt(1, 40_000);
      int max = random.nextBoolean() ? Demand.OPEN : random.nextInt(1, 8_000);
      Demand demand =
          new Demand(
              prompt,
              10,
              max,
              demand(Complexity.values()[random.nextInt(3)]).complexity(),
              random.nextInt(4) == 0,
              random.nextInt(8) == 0);
      Calls call = hello().maxTokens(max);
      switch (route(tier, call, demand)) {
        case Route route -> {
          assertThat(router.allowed(Configs.caller(config, tier).tier())).contains(route.pool());
          assertThat(prompt + Math.max(0, max)).isLessThanOrEqualTo(route.pool().contextTokens());
          assertThat(!demand.needsTools() || route.pool().supports().tools()).isTrue();
          assertThat(!demand.needsVision() || route.pool().supports().vision()).isTrue();
          assertThat(route(tier, call, demand)).isEqualTo(route);
        }
        case Refusal refusal ->
            assertThat(refusal)
                .isInstanceOfSatisfying(
                    Refusal.ContextExceeded.class,
                    no -> assertThat(prompt + Math.max(0, max)).isGreaterThan(no.contextTokens()));
      }
    }
  }

  private static Demand needing(Complexity level, boolean tools, boolean vision) {
    return new Demand(100, 100, Demand.OPEN, demand(level).complexity(), tools, vision);
  }
}
