package io.penstock.planner.simulate;

/** How many replicas a pool should have, asked again and again. */
public interface Scaling {
  /**
   * What a policy sees.
   *
   * @param atNanos now
   * @param up replicas that take calls
   * @param starting replicas that are on their way
   * @param inFlight calls inside and in line, over all of them
   * @param callsPerSecond that came since the last time
   */
  record Seen(long atNanos, int up, int starting, int inFlight, double callsPerSecond) {}

  /** Replicas that should be there, those that start included. */
  int desired(Seen seen);

  /** How often the policy is asked; 0: never. */
  long everyNanos();

  /** The number that was there at the beginning. */
  static Scaling fixed() {
    return new Scaling() {
      @Override
      public int desired(Seen seen) {
        return seen.up() + seen.starting();
      }

      @Override
      public long everyNanos() {
        return 0;
      }
    };
  }
}
