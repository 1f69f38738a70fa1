package io.penstock.planner.capacity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.penstock.planner.Sample;
import io.penstock.planner.hardware.Gpu;
import io.penstock.planner.hardware.Link;
import io.penstock.planner.hardware.Peak;
import io.penstock.planner.model.Precision;
import org.junit.jupiter.api.Test;

class MemoryBudgetTest {

  @Test
  void ledger_neverPassesTheCard() {
    for (var deployment : Sample.variety()) {
      var budget = MemoryBudget.of(deployment);
      double used = budget.weightBytes() + budget.runtimeBytes() + budget.kvBytes();

      assertThat(used + budget.unclaimedBytes())
          .isCloseTo(budget.totalBytes(), within(1.0))
          .isLessThanOrEqualTo(deployment.gpu().memoryBytes() + 1);
      assertThat(budget.kvTokens() * budget.kv().tokenBytesPerGpu())
          .isLessThanOrEqualTo(budget.kvBytes());
    }
  }

  @Test
  void ledger_ofSevenBillionOnAnA100_isWhatTheArithmeticSays() {
    var budget = MemoryBudget.of(Sample.of(Sample.LLAMA_7B, Sample.A100, 1));
    double left = 80e9 * 0.92 - 2 * 0.02 * 80e9 - 13.476e9;

    assertThat(budget.kvBytes()).isCloseTo(left + 0.0, within(1e9));
    assertThat(budget.kvTokens()).isBetween(105_000L, 112_000L);
  }

  @Test
  void of_whatDoesNotFit_saysSoInOneLine() {
    var tooLarge = Sample.of(Sample.LLAMA_70B, Sample.A100, 1);

    assertThatThrownBy(() -> MemoryBudget.of(tooLarge))
        .hasMessageContaining("llama-2-70b in fp16 needs 138.0 GB of weights on each of 1 a100")
        .message()
        .doesNotContain("\n");
    assertThat(Memory.of(tooLarge)).isInstanceOf(Memory.DoesNotFit.class);
  }

  @Test
  void deployment_onAGpuWithoutThePrecision_isRefused() {
    var turing =
        new Gpu(
            "t4",
            16e9,
            320e9,
            new Peak(65e12, 0, 130e12, 0),
            false,
            new Link(Link.Kind.PCIE, 16e9),
            0.5,
            0);

    assertThatThrownBy(() ->
            new Deployment(
                Sample.LLAMA_7B, turing, 1, Precision.BF16, Precision.FP16, Sample.ENGINE))
        .hasMessage("t4 has no bf16");
  }
}
