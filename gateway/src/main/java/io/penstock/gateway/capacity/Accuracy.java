package io.penstock.gateway.capacity;

import io.penstock.planner.autoscale.PoolCapacity;
import io.penstock.planner.calibrate.Calibration;
import io.penstock.planner.calibrate.Sighting;

/** What the calibrated model would have said of calls before it learned from them. */
final class Accuracy {
  private final Mean ttft = new Mean();
  private final Mean ttftExpected = new Mean();
  private final Mean ttftError = new Mean();
  private final Mean tpot = new Mean();
  private final Mean tpotExpected = new Mean();
  private final Mean tpotError = new Mean();

  void compare(Calibration.Times expected, Sighting seen) {
    if (seen.ttftSeconds() > 0) {
      ttft.add(seen.ttftSeconds());
      ttftExpected.add(expected.ttftSeconds());
      ttftError.add(Math.abs(expected.ttftSeconds() / seen.ttftSeconds() - 1));
    }
    if (seen.tpotSeconds() > 0 && expected.tpotSeconds() > 0) {
      tpot.add(seen.tpotSeconds());
      tpotExpected.add(expected.tpotSeconds());
      tpotError.add(Math.abs(expected.tpotSeconds() / seen.tpotSeconds() - 1));
    }
  }

  PoolCapacity.Times times() {
    return new PoolCapacity.Times(
        ttft.value(),
        ttftExpected.value(),
        ttftError.value(),
        tpot.value(),
        tpotExpected.value(),
        tpotError.value());
  }
}
