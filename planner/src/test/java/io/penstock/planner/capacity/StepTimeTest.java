package io.penstock.planner.capacity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.penstock.planner.Sample;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StepTimeTest {
  private static final double NEVER_LESS = 1 - 1e-12;

  @Test
  void seconds_ofOneDecode_isWeightsOverBandwidthPlusOverhead() {
    var step = StepTime.of(Sample.of(Sample.LLAMA_7B, Sample.A100, 1));
    double weights = (13.476e9 - 2 * 32000 * 4096) / (2e12 * 0.80);
    double kv = 1000 * 524_288 / (2e12 * 0.72);
    double pairs = 4.0 * 32 * 32 * 128 * 1000 / (300e12 * 0.30);
    double overhead = 32 * 12e-6 + 12e-6;

    assertThat(step.seconds(StepBatch.decode(1, 1000)))
        .isCloseTo(weights + kv + pairs + overhead, within(2e-6));
  }

  @Test
  void seconds_ofALongPrefill_isFlopsOverThePeak() {
    var step = StepTime.of(Sample.of(Sample.LLAMA_7B, Sample.A100, 1));
    double products = 2 * (6.738e9 - 2 * 32000 * 4096) * 4096 / (300e12 * 0.65);
    double pairs = 4.0 * 32 * 32 * 128 * 4096 * 2048 / (0.7 * 300e12 * 0.65);
    double overhead = 32 * 12e-6;

    assertThat(step.seconds(StepBatch.prefill(4096)))
        .isCloseTo(products + pairs + overhead, within(2e-4));
  }

  @Test
  void seconds_withoutWork_isZero() {
    var step = StepTime.of(Sample.of(Sample.LLAMA_7B, Sample.A100, 1));

    assertThat(step.seconds(new StepBatch(0, 0, 0, 0))).isZero();
  }

  @Test
  void seconds_isMonotoneInEveryCount() {
    var random = new Random(7);
    for (var deployment : Sample.variety()) {
      var step = StepTime.of(deployment);
      for (int i = 0; i < 2000; i++) {
        double n = random.nextInt(300);
        double context = n * random.nextInt(4000);
        double prefill = random.nextInt(8000);
        double pairs = prefill * random.nextInt(4000);
        double more = 1 + random.nextInt(500);
        double seconds = step.seconds(n, context, prefill, pairs);

        assertThat(step.seconds(n + more, context, prefill, pairs))
            .isGreaterThanOrEqualTo(seconds * NEVER_LESS);
        assertThat(step.seconds(n, context + more * n, prefill, pairs))
            .isGreaterThanOrEqualTo(seconds * NEVER_LESS);
        assertThat(step.seconds(n, context, prefill + more, pairs))
            .isGreaterThanOrEqualTo(seconds * NEVER_LESS);
        assertThat(step.seconds(n, context, prefill, pairs + more))
            .isGreaterThanOrEqualTo(seconds * NEVER_LESS);
      }
    }
  }

  @Test
  void seconds_isTheSumOfItsPartsUnlessTheHostIsSlower() {
    for (var deployment : Sample.variety()) {
      var step = StepTime.of(deployment);

      assertThat(
              step.linearSeconds(10, 100)
                  + step.decodeAttentionSeconds(10, 5000)
                  + step.prefillAttentionSeconds(100, 5000)
                  + step.communicationSeconds(110)
                  + step.overheadSeconds(10))
          .isLessThanOrEqualTo(step.seconds(10, 5000, 100, 5000))
          .isGreaterThan(step.seconds(10, 5000, 100, 5000) * 0.9);
    }
  }
}
