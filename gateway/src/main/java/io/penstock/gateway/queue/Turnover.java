package io.penstock.gateway.queue;

import java.util.concurrent.atomic.LongAdder;

/** How long calls keep their places, and how many ended of late. */
final class Turnover {
  /** How fast the rate at which calls ended is forgotten. */
  private static final double DRAIN_SECONDS = 8;

  /** Which part of the rate at which calls should end is believed in though they do not. */
  private static final double LEAST_DRAIN = 0.4;

  /** The weight of the newest call in the time that calls keep their places. */
  private static final double NEWEST = 0.05;

  private final LongAdder ended = new LongAdder();
  private volatile double heldSeconds;
  private volatile boolean measured;
  private volatile double drainPerSecond;

  /** How long a call should keep its place; counts until one has shown it. */
  void expect(double seconds) {
    if (!measured && seconds > 0) {
      heldSeconds = seconds;
    }
  }

  /** A call kept its place for so long and was served. */
  void served(double seconds) {
    double before = heldSeconds;
    heldSeconds = measured || before > 0 ? before + NEWEST * (seconds - before) : seconds;
    measured = true;
  }

  /** A place came free. */
  void ended() {
    ended.increment();
  }

  /** 0: nobody knows. */
  double heldSeconds() {
    return heldSeconds;
  }

  /** The same for a formula that divides by it. */
  double held() {
    return heldSeconds > 0 ? heldSeconds : 1;
  }

  /** How many calls came to their end of late; to be called by one at a time. */
  void look(double passedSeconds) {
    double rate = ended.sumThenReset() / passedSeconds;
    double newest = 1 - Math.exp(-passedSeconds / DRAIN_SECONDS);
    double before = drainPerSecond;
    drainPerSecond = before + newest * (rate - before);
  }

  /**
   * Calls a second that end, as far as they have ended of late: just after the places are gone few
   * do.
   *
   * @param modelled how many should
   */
  double seenPerSecond(double modelled) {
    return Math.clamp(drainPerSecond, LEAST_DRAIN * modelled, modelled);
  }
}
