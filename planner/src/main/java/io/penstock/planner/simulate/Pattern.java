package io.penstock.planner.simulate;

/** How the rate of made-up calls moves about its mean. */
public enum Pattern {
  /** Always the same: independent calls. */
  POISSON {
    @Override
    double at(double seconds) {
      return 1;
    }
  },
  /** Every minute four times the mean for a sixth of it, and two fifths in between. */
  BURSTS {
    @Override
    double at(double seconds) {
      return seconds % MINUTE < MINUTE / 6 ? 4 : 0.4;
    }
  },
  /** A day: a fifth of the mean at midnight, nearly twice as much as the mean at noon. */
  DIURNAL {
    @Override
    double at(double seconds) {
      return 1 - 0.8 * StrictMath.cos(2 * Math.PI * seconds / DAY);
    }
  };

  private static final double MINUTE = 60;
  private static final double DAY = 86_400;

  /** What no pattern passes. */
  static final double MOST = 4;

  /** The rate over its mean, so many seconds after the start. */
  abstract double at(double seconds);
}
