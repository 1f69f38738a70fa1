package io.penstock.gateway.call;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GoDurationTest {
  @ParameterizedTest
  @CsvSource({
    "PT0S, 0s",
    "PT0.12S, 120ms",
    "PT0.02S, 20ms",
    "PT1S, 1s",
    "PT8.64S, 8.64s",
    "PT1.005S, 1.005s",
    "PT1.5S, 1.5s",
    "PT10S, 10s",
    "PT1M, 1m0s",
    "PT6M, 6m0s",
    "PT2M59.56S, 2m59.56s",
    "PT1H, 1h0m0s",
    "PT25H1M0.5S, 25h1m0.5s"
  })
  void format_isAsGoPrintsIt(Duration duration, String expected) {
    assertThat(GoDuration.format(duration.toNanos())).isEqualTo(expected);
  }

  @Test
  void format_ofLessThanAMillisecond_isRoundedUp() {
    assertThat(GoDuration.format(1)).isEqualTo("1ms");
    assertThat(GoDuration.format(1_000_001)).isEqualTo("2ms");
  }
}
