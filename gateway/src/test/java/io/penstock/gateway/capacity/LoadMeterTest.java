package io.penstock.gateway.capacity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LoadMeterTest {
  private static final long MILLI = 1_000_000;

  private final LoadMeter meter = new LoadMeter();

  @Test
  void since_saysWhomACallSharedTheBackendWith() {
    var first = meter.enter(MILLI, 100, 150);
    meter.enter(51 * MILLI, 300, 400);
    meter.leave(101 * MILLI, 400);

    var shared = meter.since(first, 101 * MILLI, 150);
    assertThat(shared.batch()).isCloseTo(1.5, within(1e-9));
    assertThat(shared.tokensBeside()).isEqualTo(300);
    assertThat(shared.contextTokens()).isCloseTo((2 * 150 + 400) / 3.0, within(1e-9));
  }

  @Test
  void tokensAhead_areForgotten_asFastAsFirstTokensCome() {
    meter.enter(MILLI, 1000, 1000);
    assertThat(meter.enter(MILLI, 10, 10).tokensAhead()).isEqualTo(1000);
    for (int i = 0; i < 100; i++) {
      meter.firstToken(0.01);
    }
    assertThat(meter.enter(101 * MILLI, 10, 10).tokensAhead()).isLessThan(1);
  }

  /** One prompt in ten is computed, or none of it: which, nobody can tell of those ahead. */
  @Test
  void doubt_isLarge_whereSomePromptsAreCached() {
    for (int i = 0; i < 500; i++) {
      meter.computed(1000, 1200);
    }
    assertThat(meter.doubt(1000)).isLessThan(20);
    for (int i = 0; i < 1000; i++) {
      meter.computed(1000, i % 10 == 0 ? 1000 : 0);
    }
    assertThat(meter.doubt(1000)).isCloseTo(300, within(40.0));
    assertThat(meter.doubt(4000)).isCloseTo(600, within(80.0));
    assertThat(meter.doubt(0)).isZero();
  }

  /** Nine tenths of each prompt were cached there: those tokens were no work. */
  @Test
  void computedShare_isWhatTheBackendHadNotCached() {
    assertThat(meter.computedShare()).isEqualTo(1);
    for (int i = 0; i < 200; i++) {
      meter.computed(1000, 100);
    }
    assertThat(meter.computedShare()).isCloseTo(0.1, within(0.01));
    for (int i = 0; i < 1000; i++) {
      meter.computed(1000, 1200);
    }
    assertThat(meter.computedShare()).isCloseTo(1.2, within(0.01));
  }
}
