package io.penstock.planner.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import io.penstock.planner.queueing.ErlangC;
import io.penstock.planner.simulate.Arrivals.Length;
import org.junit.jupiter.api.Test;

/** Where a closed form of a waiting line is exact, the simulation gives it. */
class QueueLawsTest {
  private static final double STEP = 1e-3;
  private static final int CALLS = 300_000;
  private static final int WARM = 20_000;

  @Test
  void oneAtATime_ofOneLength_waitsAsMD1() {
    for (double busy : new double[] {0.3, 0.6, 0.8}) {
      double service = 50 * STEP;
      var seen = run(7, 1, busy / service, Length.fixed(50));
      assertThat(seen.waited().mean())
          .isCloseTo(busy * service / (2 * (1 - busy)), withPercentage(3));
      assertThat(seen.use().utilisation()).isCloseTo(busy, withPercentage(1));
    }
  }

  @Test
  void oneAtATime_ofGeometricLengths_waitsAsMM1() {
    for (double busy : new double[] {0.3, 0.6, 0.8}) {
      double tokens = 50;
      double service = tokens * STEP;
      var seen = run(7, 1, busy / service, Length.geometric(tokens));
      double exponential = new ErlangC(1, busy).meanWaitSeconds(service, 1, 1);
      double inWholeTokens = exponential * (1 - 1 / (2 * tokens));
      assertThat(seen.waited().mean()).isCloseTo(inWholeTokens, withPercentage(4));
    }
  }

  @Test
  void manyPlaces_ofGeometricLengths_waitAsErlangSays() {
    for (int places : new int[] {2, 8, 32}) {
      for (double busy : new double[] {0.6, 0.8}) {
        double tokens = 30.0 * places;
        double service = tokens * STEP;
        double offered = busy * places;
        double seen = 0;
        for (int seed = 0; seed < 3; seed++) {
          seen += meanWait(seed, places, offered / service, Length.geometric(tokens)) / 3;
        }
        double expected = new ErlangC(places, offered).meanWaitSeconds(service, 1, 1);
        assertThat(seen)
            .as("%s places at %s", places, busy)
            .isBetween(0.94 * expected, 1.06 * expected + STEP);
      }
    }
  }

  private static double meanWait(int seed, int places, double perSecond, Length completion) {
    return run(seed, places, perSecond, completion).waited().mean();
  }

  private static Simulated run(int seed, int places, double perSecond, Length completion) {
    var calls = Arrivals.poisson(seed, perSecond, CALLS, Length.fixed(1), completion);
    var fleet = Fleet.of(ReplicaSpec.server(STEP, places), 1);
    return Simulation.run(fleet, calls, 1).withoutFirst(WARM);
  }
}
