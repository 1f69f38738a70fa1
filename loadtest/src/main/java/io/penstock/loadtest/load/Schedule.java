package io.penstock.loadtest.load;

import io.penstock.loadtest.text.Dice;

/**
 * The intended starts of one loop's share of an open load, in nanoseconds after the beginning.
 * Deterministic from the seed: sums of exponential gaps for Poisson arrivals, whose shares are
 * Poisson again.
 */
final class Schedule {
  /** No further start. */
  static final long END = Long.MAX_VALUE;

  private final Arrivals arrivals;
  private final int loop;
  private final int loops;
  private final long untilNanos;
  private final Dice dice;
  private long sent;
  private double nextNanos;

  Schedule(Arrivals arrivals, int loop, int loops, long untilNanos, long seed) {
    this.arrivals = arrivals;
    this.loop = loop;
    this.loops = loops;
    this.untilNanos = untilNanos;
    this.dice = Dice.of(seed, "arrivals", loop);
  }

  /** The next start, which this call uses up. */
  long next() {
    long at =
        switch (arrivals) {
          case Arrivals.Poisson(double perSecond) -> poisson(perSecond);
          case Arrivals.Constant(double perSecond) ->
              (long) ((loop + sent * (double) loops) / perSecond * 1e9);
          case Arrivals.Replay replay -> replay(replay);
          case Arrivals.Closed _ ->
              throw new IllegalStateException("a closed loop has no schedule");
        };
    sent++;
    return at > untilNanos ? END : at;
  }

  /** The number of the start that was used up last, over all loops; for a trace its row. */
  int number() {
    return (int) (loop + (sent - 1) * loops);
  }

  private long poisson(double perSecond) {
    nextNanos += -Math.log(1 - dice.fraction()) * loops / perSecond * 1e9;
    return (long) nextNanos;
  }

  private long replay(Arrivals.Replay replay) {
    int row = (int) (loop + sent * loops);
    var rows = replay.trace().rows();
    return row < rows.size() ? replay.scaled(rows.get(row).at()).toNanos() : END;
  }
}
