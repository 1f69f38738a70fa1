package io.penstock.config.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.catalog.Catalog;
import io.penstock.config.scenario.Planned.Judged;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ScenarioFileTest {
  private static final String PLAIN =
      """
      name: plain
      traffic: {requests-per-second: {peak: 12, average: 4}, prompt-tokens: 150, completion-tokens: 100, concurrent-users: 100}
      slo: {ttft-p95: 1s, total-p95: 20s}
      availability: {headroom: 20%, spare-replicas: 1}
      pools: {small: {model: llama-2-7b, gpu: t4, engine: vllm, weights: fp16, share: 100%}}
      budget: {usd-per-month: 50000}
      claims:
        - {what: memory-gb, value: 15, at: {pool: small}}
        - {what: cost-per-request-usd, value: 0.0002}
      """;

  static List<Path> shipped() throws IOException {
    try (var files = Files.list(Path.of("scenarios"))) {
      return files.sorted().toList();
    }
  }

  private static Planned planned(Path file) {
    return switch (ScenarioFile.load(file, Catalog.shipped())) {
      case Read.Ok(var scenario) -> ScenarioPlanner.plan(scenario);
      case Read.Invalid(var problems) -> throw new AssertionError(problems.toString());
    };
  }

  private static List<String> problems(String yaml) {
    return switch (ScenarioFile.parse("a.yaml", yaml, Catalog.shipped())) {
      case Read.Ok _ -> List.of();
      case Read.Invalid(var problems) -> problems.stream().map(Object::toString).toList();
    };
  }

  @ParameterizedTest
  @MethodSource("shipped")
  void everyShippedFile_isPlannedAndEveryClaimJudged(Path file) {
    var planned = planned(file);
    assertThat(planned.claims()).hasSameSizeAs(planned.scenario().claims());
    assertThat(planned.scenario().source()).isNotBlank();
  }

  @Test
  void shippedFiles_areAllTheScenariosOfTheSources() throws IOException {
    assertThat(shipped()).hasSize(18);
  }

  @Test
  void exampleOfTheInterface_isPlanned() {
    assertThat(problems(PLAIN)).isEmpty();
  }

  @Test
  void replicaOfNoGpus_isRefused() {
    assertThat(problems(PLAIN.replace("gpu: t4,", "gpu: t4, gpus-per-replica: 0,")))
        .singleElement(InstanceOfAssertFactories.STRING)
        .contains("pools.small.gpus-per-replica: must be 1 GPU or more, not 0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "000-1-customer-service.yaml|~400 tokens/second per GPU|contradicts itself",
        "000-1-customer-service.yaml|model inference 80-120ms|differs",
        "000-1-customer-service.yaml|cost per request ~$0.0003|contradicts itself",
        "000-3-research-platform.yaml|blended $2.16 per request|differs",
        "001-1-support-chatbot.yaml|7B on T4: ~0.8s for 200 tokens|differs",
        "001-1-support-chatbot.yaml|7B on T4: ~15GB|holds",
        "001-1-support-chatbot.yaml|GPT-4: ~$0.006 per query|differs",
        "002-1-support-chatbot.yaml|$11.91/month|differs",
        "002-3-scientific-analysis.yaml|API ~$132/month|contradicts itself",
        "003-1-startup.yaml|1.740|holds",
        "003-2-enterprise.yaml|228|contradicts itself",
        "003-2-enterprise.yaml|4 DGX B300|holds",
        "003-4-research.yaml|2.82 GiB|contradicts itself",
        "003-5-serverless.yaml|2.399|contradicts itself"
      })
  void claim_hasTheVerdictOfTheAudit(String file, String text, String verdict) {
    var judged =
        planned(Path.of("scenarios", file)).claims().stream()
            .filter(each -> each.printed().text().equals(text))
            .findFirst()
            .orElseThrow();
    assertThat(judged.verdict().word()).isEqualTo(verdict);
  }

  @Test
  void calculator_isReproducedDigitByDigit() {
    for (var file :
        List.of(
            "002-1-support-chatbot.yaml",
            "002-2-content-generation.yaml",
            "002-3-scientific-analysis.yaml")) {
      var reproduced =
          planned(Path.of("scenarios", file)).claims().stream()
              .filter(each -> each.printed().method().equals("simple-latency"))
              .toList();
      assertThat(reproduced)
          .hasSize(4)
          .extracting(Judged::method)
          .allMatch(java.util.Optional::isPresent);
      assertThat(reproduced).noneMatch(each -> each.verdict().word().equals("contradicts itself"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gpu: t4|gpu: t5|no gpu is called t5",
        "weights: fp16|weights: fp8|t4 has no fp8",
        "peak: 12|peak: -1|must be 0 or more",
        "peak: 12|peak: .nan|is not a number",
        "average: 4|average: 40|is over the peak",
        "headroom: 20%|headroom: 0%|is not a share",
        "ttft-p95: 1s|ttft-p95: 0s|must be a time above 0",
        "memory-gb|memory-gig|is no figure: did you mean memory-gb?",
        "at: {pool: small}|at: {pool: big}|is no pool of this scenario",
        "completion-tokens: 100|completion-tokens: 0|1 token or more",
        "prompt-tokens: 150|prompt-tokens: 0|1 token or more",
        "prompt-tokens: 150|prompt-tokens: {mean: 0, variation: 1}|1 token or more",
        "prompt-tokens: 150|prompt-tokens: -3|1 token or more",
        "prompt-tokens: 150, |''|is missing",
        "completion-tokens: 100|completion-tokens: .nan|is not a number",
        "total-p95: 20s|total-p95: -1s|is not a duration",
        "engine: vllm|engine: vlm|the nearest is vllm",
        "weights: fp16|weights: fp5|no precision is called fp5",
        "share: 100%|share: 120%|is not a share",
        "usd-per-month: 50000|usd-per-month: -5|a budget must be 0 or more",
        "llama-2-7b|llama-2-8b|no model is called llama-2-8b",
        "value: 15|value: 15, from: \"3 * *\"|cannot be worked out at character"
      })
  void impossible_isOneLineWithItsPlace(String from, String to, String says) {
    assertThat(problems(PLAIN.replace(from, to)))
        .singleElement(InstanceOfAssertFactories.STRING)
        .matches("a\\.yaml:[0-9]+:[0-9]+: .*")
        .contains(says);
  }

  @Test
  void unknownKey_isSaid() {
    assertThat(problems(PLAIN + "clams: []\n"))
        .singleElement(InstanceOfAssertFactories.STRING)
        .contains("is not a known key");
  }
}
