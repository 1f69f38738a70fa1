package io.penstock.planner.size;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ShowTest {
  @ParameterizedTest
  @CsvSource({
    "0,0 %",
    "1e-300,under 0.01 %",
    "0.00005,under 0.01 %",
    "0.0123,1.23 %",
    "0.42,42 %",
    "1,100 %"
  })
  void percent_isShortHoweverSmall(double share, String text) {
    assertThat(Show.percent(share)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"0,$0", "250,$250", "1500,$1.5k", "40000000,$40M"})
  void roundUsd_isShort(double amount, String text) {
    assertThat(Show.roundUsd(amount)).isEqualTo(text);
  }

  @Test
  void times_haveTheirUnit() {
    assertThat(Show.seconds(0.0123)).isEqualTo("12.3 ms");
    assertThat(Show.seconds(59)).isEqualTo("59 s");
    assertThat(Show.seconds(1200)).isEqualTo("20 min");
    assertThat(Show.seconds(Double.POSITIVE_INFINITY)).isEqualTo("never");
  }
}
