package io.penstock.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the head of an answer says of when to ask again. */
final class RestraintTest {
  private static final Instant NOW = Instant.parse("2026-11-27T07:28:00Z");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "7 | 7000",
        "0.25 | 250",
        "120ms | 120",
        "6m0s | 300000",
        "1m30s | 90000",
        "1h | 300000",
        "999999999 | 300000",
        "Fri, 27 Nov 2026 07:28:30 GMT | 30000",
        "2026-11-27T07:28:05Z | 5000",
        "2026-11-27T08:28:05+01:00 | 5000",
      })
  void time_isReadInEveryForm_andBounded(String text, long millis) {
    assertThat(Restraint.time(text, NOW)).contains(Duration.ofMillis(millis));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "0", "-1", "soon", "1x", "Fri, 27 Nov 2026 07:27:30 GMT", "2026-11-27", "1s1"})
  void time_thatIsNoneOrOver_isNothing(String text) {
    assertThat(Restraint.time(text, NOW)).isEmpty();
  }

  @Test
  void millis_areAnythingUpToABoundThatDoubles() {
    Backoff backoff = new Backoff(new SplittableRandom(1));
    for (int retry = 1; retry <= 3; retry++) {
      long longest = 0;
      for (int i = 0; i < 1000; i++) {
        long millis = backoff.millis(retry);
        assertThat(millis).isBetween(0L, Backoff.FIRST_MILLIS << (retry - 1));
        longest = Math.max(longest, millis);
      }
      assertThat(longest).isEqualTo(Backoff.FIRST_MILLIS << (retry - 1));
    }
  }
}
