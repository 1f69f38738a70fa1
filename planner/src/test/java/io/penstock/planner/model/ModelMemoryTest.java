package io.penstock.planner.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.penstock.planner.Sample;
import io.penstock.planner.model.ModelSpec.Attention;
import io.penstock.planner.model.ModelSpec.Experts;
import io.penstock.planner.model.ModelSpec.Parameters;
import org.junit.jupiter.api.Test;

class ModelMemoryTest {
  private static final double GIB = 1L << 30;

  @Test
  void kvCache_ofLlama2_isHalfAMebibyteAToken() {
    var kv = new KvCache(Sample.LLAMA_7B, Precision.FP16, 1);

    assertThat(kv.tokenBytes()).isEqualTo(524_288);
    assertThat(kv.sequenceBytes(2048)).isEqualTo(GIB);
  }

  @Test
  void kvCache_withSlidingLayers_keepsTheWindowOnThem() {
    var kv = new KvCache(Sample.GPT_OSS_120B, Precision.BF16, 1);

    assertThat(kv.sequenceBytes(131_072) / GIB).isCloseTo(4.504395, within(1e-6));
    assertThat(kv.sequenceBytes(100)).isEqualTo(36 * 100 * 2 * 8 * 64 * 2.0);
  }

  @Test
  void kvCache_overMoreGpusThanHeads_isKeptOnceAHead() {
    var kv = new KvCache(Sample.LLAMA_70B, Precision.FP16, 16);

    assertThat(kv.tokenBytesPerGpu()).isEqualTo(kv.tokenBytes() / 8);
  }

  @Test
  void kvCache_ofALatent_isWholeOnEachGpu() {
    var model =
        new ModelSpec(
            "latent",
            61,
            7168,
            128,
            128,
            192,
            129280,
            new Parameters(1e10, 0, 1e9, 1e9),
            Experts.NONE,
            new Attention(0, 0, 576),
            163840);
    var kv = new KvCache(model, Precision.FP16, 8);

    assertThat(kv.tokenBytesPerGpu()).isEqualTo(61 * 576 * 2);
  }

  @Test
  void weights_ofADenseModel_areReadWithoutTheEmbedding() {
    var weights = new WeightMemory(Sample.LLAMA_7B, Precision.FP16);

    assertThat(weights.bytes()).isCloseTo(13.476e9, within(1.0));
    assertThat(weights.readBytes(1)).isCloseTo(13.476e9 - 2 * 32000 * 4096, within(1.0));
    assertThat(weights.readBytes(500)).isEqualTo(weights.readBytes(1));
  }

  @Test
  void weights_ofAMixture_areReadAsTokensTouchExperts() {
    var weights = new WeightMemory(Sample.MIXTRAL, Precision.FP16);
    double always = 2 * (1.34e9 + 0.131e9);

    assertThat(weights.readBytes(1)).isCloseTo(always + 2 * 45.1e9 / 4, within(1.0));
    assertThat(weights.readBytes(2)).isCloseTo(always + 2 * 45.1e9 * 7 / 16, within(1.0));
    assertThat(weights.readBytes(1e4)).isCloseTo(always + 2 * 45.1e9, within(1.0));
  }

  @Test
  void mxfp4_packsExpertsAlone() {
    var weights = new WeightMemory(Sample.GPT_OSS_120B, Precision.MXFP4);

    assertThat(weights.bytes()).isCloseTo(2 * (1e9 + 2 * 0.579e9) + 114.6e9 * 0.53125, within(1.0));
  }

  @Test
  void modelSpec_withoutLayers_isRefused() {
    assertThatThrownBy(() -> Sample.dense("none", 0, 1, 1, 1, 1, 1, 10))
        .hasMessage("none: every dimension must be 1 or more");
  }

  @Test
  void precision_namesEverySpelling() {
    assertThat(Precision.named(" NVFP4 ")).contains(Precision.FP4);
    assertThat(Precision.named("awq-int4")).contains(Precision.INT4);
    assertThat(Precision.named("ternary")).isEmpty();
  }
}
