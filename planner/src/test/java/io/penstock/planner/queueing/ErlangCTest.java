package io.penstock.planner.queueing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ErlangCTest {
  @Test
  void oneServer_waitsAsOftenAsItIsBusy() {
    assertThat(new ErlangC(1, 0.7).waitProbability()).isCloseTo(0.7, within(1e-12));
  }

  @Test
  void threeServersAtTwo_isTheTabulatedValue() {
    assertThat(new ErlangC(3, 2).waitProbability()).isCloseTo(4.0 / 9, within(1e-12));
  }

  @Test
  void overload_waitsForEver() {
    var queue = new ErlangC(4, 4.5);
    assertThat(queue.waitProbability()).isEqualTo(1);
    assertThat(queue.meanWaitSeconds(1, 1, 1)).isInfinite();
  }

  @Test
  void meanWait_ofOneServer_isTheFormulaOfPollaczekAndKhinchine() {
    assertThat(new ErlangC(1, 0.5).meanWaitSeconds(2, 1, 0)).isCloseTo(1, within(1e-12));
  }

  @Test
  void probability_risesWithTheLoadAndFallsWithServers() {
    for (int servers = 1; servers < 200; servers += 7) {
      double last = 0;
      for (double load = 0.05; load < 1; load += 0.05) {
        double now = new ErlangC(servers, load * servers).waitProbability();
        assertThat(now).isBetween(last, 1.0);
        assertThat(new ErlangC(servers + 1, load * servers).waitProbability()).isLessThan(now);
        last = now;
      }
    }
  }

  @Test
  void impossible_isRefused() {
    assertThatThrownBy(() -> new ErlangC(0, 1)).hasMessageContaining("1 server or more");
    assertThatThrownBy(() -> new ErlangC(1, Double.NaN)).hasMessageContaining("NaN");
  }
}
