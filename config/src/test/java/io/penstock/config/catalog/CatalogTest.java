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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
  void plus_ofAKnownName_needsToSayWhatIsOtherAlone() {
    var own =
        CATALOG.plus(
            Map.of(
                "gpus", Map.of("A100-80GB", Map.of("usd-per-hour", 1.25)),
                "models", Map.of("llama-2-7b", Map.of("context-tokens", 8192))));

    assertThat(own.gpus().get("a100-80").usdPerHour()).isEqualTo(1.25);
    assertThat(own.gpus().get("a100-80").memoryBytes())
        .isEqualTo(CATALOG.gpus().get("a100-80").memoryBytes());
    assertThat(own.gpus().get("A100-SXM-80GB").usdPerHour()).isEqualTo(1.25);
    assertThat(own.models().get("llama-2-7b").contextTokens()).isEqualTo(8192);
    assertThat(own.gpus().names()).isEqualTo(CATALOG.gpus().names());
  }

  @Test
  void plus_ofOneThatIsLikeAnother_keepsTheRestOfIt() {
    var own =
        CATALOG.plus(
            Map.of(
                "gpus", Map.of("l4-big", Map.of("like", "l4", "memory-gib", 47)),
                "engines",
                    Map.of(
                        "ours",
                        Map.of(
                            "like",
                            "vllm",
                            "max-sequences",
                            64,
                            "parameters",
                            Map.of("compute", 0.5),
                            "on",
                            Map.of("l4", Map.of("parameters", Map.of("burst", 0.5)))))));
    var l4 = CATALOG.gpus().get("l4");
    var ours = own.engine("ours", l4);
    var vllm = CATALOG.engine("vllm", l4);

    assertThat(own.gpus().get("l4-big").memoryBytes()).isEqualTo(47.0 * (1L << 30));
    assertThat(own.gpus().get("l4-big").peak()).isEqualTo(l4.peak());
    assertThat(ours.maxSequences()).isEqualTo(64);
    assertThat(ours.parameters().compute()).isEqualTo(0.5);
    assertThat(ours.parameters().burst()).isEqualTo(0.5);
    assertThat(own.engine("ours", CATALOG.gpus().get("h100")).parameters().burst())
        .isEqualTo(CATALOG.engine("vllm", CATALOG.gpus().get("h100")).parameters().burst());
    assertThat(ours.parameters().layerSeconds()).isEqualTo(vllm.parameters().layerSeconds());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gpus|mine|memory-gib|8|catalog.gpus.mine.bandwidth-gbs: is missing: write a number",
        "gpus|mine|like|l5|catalog.gpus.mine.like: no gpu is called l5; the nearest is l4",
        "gpus|l4|memory-gb|24|catalog.gpus.l4.memory-gb: is not a known key: did you mean"
            + " memory-gib?",
        "gpus|l4|usd-per-hour|-1|catalog.gpus.l4: l4: a price must be 0 or more",
        "gpus|l4|memory-gib|lots|catalog.gpus.l4.memory-gib: must be a number, not lots",
        "models|llama-2-7b|layers|3.5|catalog.models.llama-2-7b.layers: must be a whole number, not"
            + " 3.5",
        "engines|vllm|max-sequences|0|catalog.engines.vllm: vllm: sequences and tokens of a step"
            + " must",
        "prices|gpt-4|input|-3|catalog.prices.gpt-4: a price must be 0 or more"
      })
  void plus_ofAnImpossibleEntry_namesThePath(
      String section, String name, String key, String value, String says) {
    Object typed = value.matches("-?[0-9.]+") ? Double.valueOf(value) : value;
    var own = Map.of(section, Map.of(name, Map.of(key, typed)));
    assertThatThrownBy(() -> CATALOG.plus(own))
        .hasMessageStartingWith(says)
        .message()
        .hasLineCount(1);
  }

  @Test
  void plus_ofAParameterOutOfItsBounds_isRefused() {
    var own = Map.of("engines", Map.of("vllm", Map.of("parameters", Map.of("compute", 2))));
    assertThatThrownBy(() -> CATALOG.plus(own)).hasMessageContaining("compute: must be in [");
  }
}
