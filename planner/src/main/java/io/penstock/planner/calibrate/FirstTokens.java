package io.penstock.planner.calibrate;

import org.jspecify.annotations.Nullable;

/**
 * How a pool's first tokens are spread around what the capacity model says of each, by how long it
 * says. Times as long as modelled is not the same for all: a short prompt that meets a long one
 * takes several times as long, a long one that meets a short one hardly longer, and one that was
 * half cached takes half. A spread over all of them would be too wide where it matters most, at the
 * long ones that make up a pool's 95th percentile.
 *
 * <p>So ratios are counted in classes of the modelled time, two for each doubling. Of a time, its
 * two nearest classes count, by how near they are, and where they have too few, the next ones for
 * as much as is missing. Safe for several threads.
 */
public final class FirstTokens {
  private static final int CLASSES_PER_DOUBLING = 2;

  /** From a hundredth of a millisecond to a thousand seconds. */
  private static final double LEAST_SECONDS = 1e-5;

  private static final int CLASSES = 27 * CLASSES_PER_DOUBLING;

  /** First tokens in each of them. */
  private static final int REMEMBERED = 200;

  /** First tokens that a time's own classes and its neighbours must have together. */
  private static final double ENOUGH = 60;

  /** First tokens of which a 95th percentile can be told. */
  private static final long FEWEST = 40;

  private long seen;
  private final @Nullable RecentSpread[] byTime = new @Nullable RecentSpread[CLASSES];

  /**
   * One more.
   *
   * @param saidSeconds what the model said of it
   * @param tookSeconds what it took
   */
  public synchronized void add(double saidSeconds, double tookSeconds) {
    double times = tookSeconds / saidSeconds;
    if (times > 0 && times < Double.POSITIVE_INFINITY) {
      seen++;
      int nearest = (int) Math.round(place(saidSeconds));
      RecentSpread known = byTime[nearest];
      if (known == null) {
        known = new RecentSpread(REMEMBERED);
        byTime[nearest] = known;
      }
      known.add(times);
    }
  }

  /** How many seconds one takes of which the model says so many. */
  public synchronized FirstToken around(double saidSeconds) {
    if (seen < FEWEST || !(saidSeconds > 0)) {
      return FirstToken.UNKNOWN;
    }
    double place = place(saidSeconds);
    int lower = (int) Math.min(Math.floor(place), CLASSES - 2);
    double upper = place - lower;
    var near = new RecentSpread.Sum();
    double have = near.add(byTime[lower], 1 - upper) + near.add(byTime[lower + 1], upper);
    for (int far = 1; far < CLASSES && have < ENOUGH; far++) {
      RecentSpread shorter = at(lower - far);
      RecentSpread longer = at(lower + 1 + far);
      double share = Math.min(1, (ENOUGH - have) / (count(shorter) + count(longer)));
      have += near.add(shorter, share) + near.add(longer, share);
    }
    return FirstToken.of(near, saidSeconds);
  }

  private @Nullable RecentSpread at(int index) {
    return index < 0 || index >= CLASSES ? null : byTime[index];
  }

  private static double count(@Nullable RecentSpread spread) {
    return spread == null ? 0 : spread.count();
  }

  private static double place(double seconds) {
    double octaves = Math.log(seconds / LEAST_SECONDS) / Math.log(2);
    return Math.clamp(octaves * CLASSES_PER_DOUBLING, 0, CLASSES - 1);
  }
}
