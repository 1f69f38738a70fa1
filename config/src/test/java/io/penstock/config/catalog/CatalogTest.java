package io.penstock.config.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.MemoryBudget;
import io.penstock.planner.model.Precision;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CatalogTest {
  private static final Catalog CATALOG = Catalog.shipped();

  @Test
  void shipped_hasEveryNameOfTheInterface() {
    for (String gpu :
        List.of(
            "t4",
            "l4",
            "a10g",
            "rtx-3090",
            "rtx-4090",
            "l40s",
            "a100-40",
            "a100-80",
            "h100",
            "h200",
            "b200",
            "b300",
            "mi300x",
            "dgx-h200",
            "dgx-b300")) {
      assertThat(CATALOG.gpus().find(gpu)).as(gpu).isPresent();
    }
    for (String model :
        List.of(
            "llama-2-7b",
            "llama-2-13b",
            "mistral-7b",
            "llama-3.1-8b",
            "gpt-oss-20b",
            "gpt-oss-120b",
            "deepseek-v3")) {
      assertThat(CATALOG.models().find(model)).as(model).isPresent();
    }
    assertThat(CATALOG.engineNames())
        .contains("vllm", "sglang", "tensorrt-llm", "tgi", "llama.cpp");
  }

  @Test
  void names_findAliases() {
    assertThat(CATALOG.gpus().get("A100-SXM-80GB").name()).isEqualTo("a100-80");
    assertThat(CATALOG.models().get("meta-llama/Llama-2-7b-chat-hf").name())
        .isEqualTo("llama-2-7b");
    assertThat(CATALOG.prices().get("gpt-4-0613").model()).isEqualTo("gpt-4");
  }

  @Test
  void unknownName_saysTheNearest() {
    assertThatThrownBy(() -> CATALOG.gpus().get("h10O"))
        .hasMessage("no gpu is called h10O; the nearest is h100");
    assertThatThrownBy(() -> CATALOG.models().get("lama-2-7b"))
        .hasMessageContaining("the nearest is llama-2-7b");
  }

  @Test
  void gpt4_costsWhatItsListSays() {
    var gpt4 = CATALOG.prices().get("gpt-4");

    assertThat(gpt4.price().usd(1000, 1000)).isCloseTo(0.09, within(1e-12));
    assertThat(gpt4.asOf()).isEqualTo("2026-07-24");
    assertThat(gpt4.source()).isNotEmpty();
    assertThat(CATALOG.contextTokens("gpt-4")).contains(8192);
    assertThat(CATALOG.contextTokens("llama-2-7b")).contains(4096);
    assertThat(CATALOG.contextTokens("nobody")).isEmpty();
  }

  @Test
  void mixture_splitsItsParameters() {
    var mixtral = CATALOG.models().get("mixtral-8x7b");
    var parameters = mixtral.parameters();

    assertThat(parameters.expert()).isEqualTo(3.0 * 4096 * 14336 * 8 * 32);
    assertThat(parameters.total()).isCloseTo(46.703e9, within(1e3));
    assertThat(mixtral.activeParameters()).isCloseTo(12.75e9, within(0.02e9));
  }

  @Test
  void everyModel_hasPartsThatArePossible() {
    for (String name : CATALOG.models().names()) {
      var model = CATALOG.models().get(name);
      assertThat(model.parameters().dense()).as(name).isPositive();
      assertThat(model.activeParameters()).as(name).isLessThanOrEqualTo(model.totalParameters());
    }
  }

  @Test
  void llama7b_fitsOnAT4_barely() {
    var t4 = CATALOG.gpus().get("t4");
    var deployment =
        new Deployment(
            CATALOG.models().get("llama-2-7b"),
            t4,
            1,
            Precision.FP16,
            Precision.FP16,
            CATALOG.engine("vllm", t4));

    assertThat(MemoryBudget.of(deployment).kvTokens()).isBetween(500L, 4000L);
  }

  @Test
  void node_isItsGpuAtItsShareOfThePrice() {
    assertThat(CATALOG.nodes().get("dgx-h200").gpus()).isEqualTo(8);
    assertThat(CATALOG.gpus().get("dgx-h200").usdPerHour()).isEqualTo(4.0);
    assertThat(CATALOG.gpus().get("dgx-h200").name()).isEqualTo("h200");
  }

  @Test
  void plus_laysAnOperatorsEntriesOver() {
    var own =
        CATALOG.plus(
            Map.of(
                "gpus",
                Map.of(
                    "mine",
                    Map.of(
                        "memory-gib", 24, "bandwidth-gbs", 500, "tflops", Map.of("bits16", 100))),
                "prices",
                Map.of("gpt-4", Map.of("input", 1, "output", 2))));

    assertThat(own.gpus().get("mine").bandwidthBytesPerSecond()).isEqualTo(500e9);
    assertThat(own.gpus().find("h100")).isPresent();
    assertThat(own.prices().get("gpt-4").price().output()).isEqualTo(2);
    assertThat(CATALOG.prices().get("gpt-4").price().output()).isEqualTo(60);
  }

  @Test
  void plus_ofAnImpossibleEntry_namesThePath() {
    assertThatThrownBy(() -> CATALOG.plus(Map.of("gpus", Map.of("mine", Map.of("memory-gib", 8)))))
        .hasMessage("catalog.gpus.mine.bandwidth-gbs: must be a number, not null");
  }
}
