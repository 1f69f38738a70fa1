package io.penstock.planner.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class TokenPriceTest {

  @Test
  void usd_ofTwoHundredTokensOfGpt4_isOverACent() {
    var gpt4 = new TokenPrice(30, 30, 60);

    assertThat(gpt4.usd(0, 200)).isCloseTo(0.012, within(1e-15));
    assertThat(gpt4.usd(1000, 200)).isCloseTo(0.042, within(1e-15));
  }

  @Test
  void usd_ofCachedTokens_isDiscounted() {
    assertThat(new TokenPrice(2, 0.5, 8).usd(1_000_000, 400_000, 0)).isCloseTo(1.4, within(1e-12));
  }

  @Test
  void price_belowZero_isRefused() {
    assertThatThrownBy(() -> new TokenPrice(-1, 0, 0)).hasMessageContaining("price");
    assertThatThrownBy(() -> new GpuTime(Double.NaN)).hasMessageContaining("price");
  }

  @Test
  void provisioned_billsIdleTime() {
    assertThat(new GpuTime(3.6).provisioned(2, 4)).isCloseTo(0.0005, within(1e-15));
  }
}
