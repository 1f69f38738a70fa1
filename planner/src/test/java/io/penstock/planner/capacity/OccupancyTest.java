package io.penstock.planner.capacity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.data.Percentage.withPercentage;

import io.penstock.planner.capacity.Occupancy.Line;
import io.penstock.planner.queueing.ErlangC;
import org.junit.jupiter.api.Test;

class OccupancyTest {
  private static final double STEP = 0.02;
  private static final double STEPS = 150;

  /** Sequences that do not slow each other down are the customers of as many servers. */
  @Test
  void stepsThatNeverGrow_waitAsErlangSays() {
    for (int places : new int[] {1, 4, 32, 200, 900}) {
      for (double busy : new double[] {0.2, 0.7, 0.9, 0.98}) {
        double service = STEP * STEPS;
        double rate = busy * places / service;
        var line = new Line(busy, service / places / (1 - busy));
        var seen = Occupancy.of(new StepCurve(places, _ -> STEP), rate * STEPS, 1, places, line);
        var erlang = new ErlangC(places, busy * places);

        assertThat(seen.waitProbability()).isCloseTo(erlang.waitProbability(), within(1e-9));
        assertThat(seen.waitProbability() * seen.waitSeconds())
            .isCloseTo(erlang.meanWaitSeconds(service, 1, 1), within(1e-6));
        assertThat(seen.decoding()).isCloseTo(busy * places, withPercentage(1e-4));
        assertThat(seen.stepSeconds()).isCloseTo(STEP, withPercentage(1e-6));
      }
    }
  }

  @Test
  void stepsThatGrow_keepLittlesLaw() {
    var step = new StepCurve(500, n -> STEP + n * 1e-4);
    for (double spread : new double[] {1, 3, 10}) {
      double work = 50 / step.at(50);
      var seen = Occupancy.of(step, work, spread, 500, Line.NONE);
      assertThat(seen.decoding()).isCloseTo(work * seen.stepSeconds(), withPercentage(1e-6));
      assertThat(seen.decoding()).isGreaterThan(50);
    }
  }

  @Test
  void stepsThatGrow_makeTheNumberStrayFarther_andMoreSpreadDoes() {
    var level = Occupancy.of(new StepCurve(500, _ -> STEP), 50 / STEP, 1, 500, Line.NONE);
    var steep = new StepCurve(500, n -> STEP + n * 1e-4);
    double before = 0;
    assertThat(level.straySeconds()).isCloseTo(0, within(1e-12));
    for (double spread : new double[] {1, 2, 4}) {
      double now = Occupancy.of(steep, 50 / steep.at(50), spread, 500, Line.NONE).straySeconds();
      assertThat(now).isGreaterThan(before);
      before = now;
    }
  }

  @Test
  void placesThatAreNoWholeNumber_lieBetweenTheNeighbours() {
    double before = 1;
    for (double places = 4; places <= 6; places += 0.25) {
      double rate = 3 / STEP;
      var line = new Line(3 / places, 1);
      double now =
          Occupancy.of(new StepCurve(places, _ -> STEP), rate, 1, places, line).waitProbability();
      assertThat(now).isLessThan(before);
      before = now;
    }
  }
}
