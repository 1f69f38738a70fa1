package io.penstock.gateway.capacity;

/**
 * How many times as long as the pool's mean one server takes for a token, by its calls. What few
 * calls say is believed little. Safe for several threads.
 */
final class Slowness {
  /** Calls that a server's own weigh against its being like the others. */
  private static final double DOUBT = 8;

  /** What the newest call counts at least: hardware that changes is noticed after some hundred. */
  private static final double NEWEST = 0.01;

  private static final double MOST = 4;

  private double calls = DOUBT;
  private volatile double value = 1;

  /** A call took so many times as long as a server of the mean would have. */
  synchronized void see(double ratio) {
    if (ratio > 0) {
      calls++;
      double share = Math.max(NEWEST, 1 / calls);
      value += share * (Math.clamp(ratio, 1 / MOST, MOST) - value);
    }
  }

  double value() {
    return value;
  }
}
