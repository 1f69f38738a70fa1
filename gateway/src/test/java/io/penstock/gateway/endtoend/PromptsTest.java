package io.penstock.gateway.endtoend;

import static io.penstock.gateway.endtoend.Ask.CHAT;
import static io.penstock.gateway.endtoend.Ask.DRY;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.penstock.config.Loaded;
import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.Shapes;
import io.penstock.gateway.testing.TestBed;
import io.penstock.loadtest.load.Prompts;
import io.penstock.loadtest.load.Prompts.Prompt;
import io.penstock.loadtest.modelserver.ModelServer;
import io.penstock.loadtest.modelserver.ModelServer.Hardware;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Every prompt that the project ships, asked by every tier of the demo, streamed and not. What was
 * decided is written to {@code target/decisions.tsv}, and held against what a reader would say.
 */
final class PromptsTest {
  private static final Map<String, String> KEYS =
      Map.of(
          "free", TestBed.key("PENSTOCK_DEMO_FREE_SHA256"),
          "paid", TestBed.key("PENSTOCK_DEMO_PAID_SHA256"),
          "enterprise", TestBed.key("PENSTOCK_DEMO_ENTERPRISE_SHA256"));

  /**
   * How far the estimate of a prompt's tokens may be from the server's count, either way. The
   * server cuts words into fours, which is more tokens than a real vocabulary has for English.
   */
  private static final double FACTOR = 2;

  private static final List<Decided> decided = new ArrayList<>();
  private static TestBed bed;

  /** One prompt at one tier. */
  private record Decided(
      Prompt prompt,
      String tier,
      String pool,
      String complexity,
      double score,
      int estimated,
      int promptTokens,
      int completionExpected,
      int completionTokens,
      double expectedUsd,
      double costUsd) {
    static final String HEAD =
        "id\tcategory\treader\ttier\tpool\tcomplexity\tscore\tprompt_estimated\tprompt_tokens"
            + "\tcompletion_expected\tcompletion_tokens\texpected_usd\tcost_usd\n";

    String line() {
      return "%s\t%s\t%s\t%s\t%s\t%s\t%.3f\t%d\t%d\t%d\t%d\t%.6f\t%.6f%n"
          .formatted(
              prompt.id(),
              prompt.category(),
              prompt.complexity(),
              tier,
              pool,
              complexity,
              score,
              estimated,
              promptTokens,
              completionExpected,
              completionTokens,
              expectedUsd,
              costUsd);
    }

    double factor() {
      return Math.max((double) estimated / promptTokens, (double) promptTokens / estimated);
    }
  }

  @BeforeAll
  static void askAll() throws Exception {
    bed =
        TestBed.setup()
            .config(demo())
            .server("small-1", options("llama-2-7b", "l4", 1, 4096))
            .server("small-2", options("llama-2-7b", "l4", 1, 4096))
            .server("medium-1", options("llama-2-13b", "a100-80", 1, 4096))
            .server("medium-2", options("llama-2-13b", "a100-80", 1, 4096))
            .server("large", large())
            .start();
    for (var prompt : Prompts.all()) {
      for (String tier : List.of("free", "paid", "enterprise")) {
        try (var client = new RawClient(bed.port())) {
          decided.add(ask(client, prompt, tier));
        }
      }
    }
    Files.writeString(
        Path.of("target", "decisions.tsv"),
        decided.stream().map(Decided::line).collect(Collectors.joining("", Decided.HEAD, "")));
  }

  @AfterAll
  static void stop() throws Exception {
    bed.assertNothingLost();
    bed.close();
  }

  /** As shipped, but for the addresses and for the rates: this is a day's traffic in a moment. */
  private static String demo() throws IOException {
    try (var in = Loaded.class.getResourceAsStream("/penstock/demo.yaml")) {
      var text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      return text.replace("port: 8080", "port: 0")
          .replace("port: 9090", "port: 0")
          .replaceAll("(requests|tokens): \\d+/minute", "$1: 9000000/minute")
          .replaceAll("\"\\$\\{PENSTOCK_DEMO_(SMALL|MEDIUM)_([12])}\"", "\"@$1-$2\"")
          .replace("@SMALL", "@small")
          .replace("@MEDIUM", "@medium")
          .replace("${PENSTOCK_DEMO_LARGE}", "\"@large\"")
          .replace("PENSTOCK_DEMO_LARGE_KEY", "UPSTREAM_KEY");
    }
  }

  private static ModelServer.Options options(String model, String gpu, int gpus, int context) {
    return ModelServer.Options.defaults()
        .withModel(model)
        .withHardware(new Hardware(model, gpu, gpus, "vllm", "fp16", "fp16"))
        .withMaxModelTokens(context)
        .withSpeed(0);
  }

  private static ModelServer.Options large() {
    return options("llama-2-70b", "h100", 4, 8192)
        .withModel("gpt-4")
        .withApiKey(TestBed.UPSTREAM_KEY);
  }

  private static Decided ask(RawClient client, Prompt prompt, String tier) throws IOException {
    String key = Objects.requireNonNull(KEYS.get(tier));
    String body = prompt.body("auto", false).encode();
    var dry = client.post(CHAT, key, body, DRY).read();
    assertThat(dry.status()).as(prompt.id() + ' ' + tier + dry.text()).isEqualTo(200);
    JsonNode plan = Shapes.DRYRUN.check(dry.text());
    String pool = plan.at("/decision/pool").asText();

    var whole = client.post(CHAT, key, body).read();
    answered(prompt, whole, tier, pool);
    JsonNode usage = Shapes.CHAT.check(whole.text()).path("usage");
    int promptTokens = usage.path("prompt_tokens").asInt();
    int completionTokens = usage.path("completion_tokens").asInt();
    assertThat(usage.path("total_tokens").asInt()).isEqualTo(promptTokens + completionTokens);

    var stream = client.post(CHAT, key, prompt.body("auto", true).encode()).read();
    answered(prompt, stream, tier, pool);
    Shapes.CHATCHUNK.checkStream(stream.text());

    assertThat(whole.header("x-penstock-complexity"))
        .isEqualTo(stream.header("x-penstock-complexity"))
        .isEqualTo(plan.at("/complexity/class").asText());
    return new Decided(
        prompt,
        tier,
        pool,
        whole.header("x-penstock-complexity"),
        plan.at("/complexity/score").asDouble(),
        plan.at("/tokens/prompt").asInt(),
        promptTokens,
        plan.at("/tokens/completion_expected").asInt(),
        completionTokens,
        plan.at("/cost/expected_usd").asDouble(),
        Double.parseDouble(whole.header("x-penstock-cost-usd")));
  }

  private static void answered(Prompt prompt, RawClient.Answer answer, String tier, String pool) {
    assertThat(answer.status()).as(prompt.id() + answer.text()).isEqualTo(200);
    assertThat(answer.header("x-penstock-tier")).isEqualTo(tier);
    assertThat(answer.header("x-penstock-pool")).isEqualTo(pool);
    assertThat(answer.header("x-penstock-backend")).startsWith(pool);
  }

  @Test
  void everyPrompt_wasAnswered() {
    assertThat(decided).hasSize(3 * Prompts.all().size());
    assertThat(Prompts.all()).hasSizeGreaterThan(60);
  }

  @Test
  void complexity_isTheSameForEveryTier() {
    decided.stream()
        .collect(Collectors.groupingBy(one -> one.prompt().id()))
        .forEach((id, ofOne) ->
            assertThat(ofOne.stream().map(Decided::complexity).distinct()).as(id).hasSize(1));
  }

  @Test
  void smallTalkAndFacts_areSimple_andHardWorkIsNot() {
    assertThat(decided)
        .filteredOn(one -> one.prompt().complexity().equals("simple"))
        .filteredOn(one -> List.of("chat", "facts").contains(one.prompt().category()))
        .allMatch(one -> one.complexity().equals("simple"));
    assertThat(decided)
        .filteredOn(one -> one.prompt().complexity().equals("complex"))
        .noneMatch(one -> one.complexity().equals("simple"));
    assertThat(decided)
        .filteredOn(one -> one.prompt().complexity().equals("simple"))
        .noneMatch(one -> one.complexity().equals("complex"));
  }

  @Test
  void complexity_agreesMostlyWithTheReader() {
    long agreeing =
        decided.stream().filter(one -> one.complexity().equals(one.prompt().complexity())).count();

    assertThat((double) agreeing / decided.size()).isGreaterThan(0.6);
  }

  @Test
  void costs_areSomething_andMoreAtTheApi() {
    assertThat(decided).allMatch(one -> one.costUsd() > 0 && one.expectedUsd() > 0);
    assertThat(median("large")).isGreaterThan(median("small"));
    assertThat(median("large")).isGreaterThan(median("medium"));
  }

  private static double median(String pool) {
    return median(
        decided.stream()
            .filter(one -> one.pool().equals(pool))
            .mapToDouble(one -> one.costUsd() / (one.promptTokens() + one.completionTokens()))
            .toArray());
  }

  private static double median(double... values) {
    double[] sorted = values.clone();
    java.util.Arrays.sort(sorted);
    assertThat(sorted).isNotEmpty();
    return sorted[sorted.length / 2];
  }

  @Test
  void promptTokens_areEstimatedWithinAFactor() {
    double[] factors = decided.stream().mapToDouble(Decided::factor).toArray();

    System.out.printf("prompt tokens: median factor %.3f of the server's count%n", median(factors));
    assertThat(decided)
        .filteredOn(one -> !List.of("languages", "emoji").contains(one.prompt().category()))
        .allMatch(one -> one.factor() <= FACTOR);
    assertThat(decided).allMatch(one -> one.factor() <= 2 * FACTOR);
    assertThat(median(factors)).isLessThan(1.5);
  }
}
