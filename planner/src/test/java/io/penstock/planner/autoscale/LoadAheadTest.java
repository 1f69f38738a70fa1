package io.penstock.planner.autoscale;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LoadAheadTest {
  private static final double START = 60;

  private final LoadAhead load = new LoadAhead();
  private final SplittableRandom random = new SplittableRandom(5);
  private long now = 1_700_000_000L;

  /** Looks every two seconds; the highest that was ahead meanwhile. */
  private double highest(double perSecond, int seconds) {
    double highest = 0;
    for (int i = 0; i < seconds; i += 2) {
      now += 2;
      load.count(poisson(2 * perSecond), 2, now, START);
      highest = Math.max(highest, load.ahead(START).high());
    }
    return highest;
  }

  private int poisson(double mean) {
    int count = 0;
    for (double at = -Math.log(1 - random.nextDouble()); at < mean; count++) {
      at -= Math.log(1 - random.nextDouble());
    }
    return count;
  }

  @Test
  void steadyLoad_isNotTakenForMuchMore_thanItIs() {
    highest(8, 600);
    assertThat(highest(8, 600)).isBetween(8.5, 8 * 1.35);
  }

  @Test
  void aRise_isSeenWhileAReplicaStarts() {
    highest(4, 600);
    assertThat(highest(12, 60)).isGreaterThan(9.5);
  }

  @Test
  void moment_isHalfOfAStart_withinBounds() {
    assertThat(LoadAhead.momentSeconds(40)).isEqualTo(20);
    assertThat(LoadAhead.momentSeconds(2)).isEqualTo(10);
    assertThat(LoadAhead.momentSeconds(600)).isEqualTo(30);
  }

  @Test
  void whatHasDiedAway_isNoLoad() {
    highest(5, 120);
    assertThat(highest(0, 3600)).isPositive();
    assertThat(load.perSecond()).isCloseTo(0, within(1e-3));
    for (int i = 0; i < 4 * 3600; i += 2) {
      now += 2;
      load.count(0, 2, now, START);
    }
    assertThat(load.ahead(START).high()).isLessThan(0.05);
  }
}
