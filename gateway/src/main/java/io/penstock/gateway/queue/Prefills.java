package io.penstock.gateway.queue;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The prompts that a pool's servers are taking in: those sent whose first token has not come. From
 * any thread.
 *
 * <p>Of an answer that is not streamed nobody sees the first token, so that its prompt counts for
 * as long as it is expected to take. One that takes much longer than that counts no more: it is
 * stuck, and what is behind it must find out for itself.
 */
final class Prefills {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double NEWEST = 0.05;

  private final AtomicLong units = new AtomicLong();
  private final Set<Place> under = ConcurrentHashMap.newKeySet();
  private volatile @Nullable Pace pace;
  private volatile double seconds;
  private volatile double meanUnits = Pace.WHOLE;
  private volatile int headroom;

  /** Null: nobody says how long a prompt takes, and none is held back. */
  void pace(@Nullable Pace next) {
    pace = next;
  }

  boolean paced() {
    return pace != null;
  }

  /** How much of the servers a prompt takes; 0: it is not counted. */
  int units(Guest guest) {
    Pace known = pace;
    return known == null ? 0 : known.units(guest);
  }

  /** Until when its prompt counts at the latest. */
  long untilNanos(Guest guest, long now) {
    Pace known = pace;
    double expected = known == null ? 0 : Math.max(known.seconds(guest), 0.001);
    return guest.streams()
        ? now + PATIENCE_NANOS + (long) (4 * expected * NANOS_PER_SECOND)
        : now + (long) (expected * NANOS_PER_SECOND);
  }

  /** Takes so much of the servers, where it is free and leaves what is kept for the urgent. */
  boolean begin(int wanted, boolean urgent) {
    Pace known = pace;
    if (known == null || wanted == 0) {
      units.addAndGet(wanted);
      return true;
    }
    while (true) {
      long seen = units.get();
      if (seen > 0 && seen + wanted > mostUnits(known, urgent)) {
        return false;
      }
      if (units.compareAndSet(seen, seen + wanted)) {
        return true;
      }
    }
  }

  void force(int wanted) {
    units.addAndGet(wanted);
  }

  boolean fits(int wanted, boolean urgent) {
    Pace known = pace;
    long seen = units.get();
    return known == null || wanted == 0 || seen == 0 || seen + wanted <= mostUnits(known, urgent);
  }

  private long mostUnits(Pace known, boolean urgent) {
    return known.allUnits() - (urgent ? 0 : kept(known));
  }

  private long kept(Pace known) {
    return (long) Pace.WHOLE * Math.min(headroom, Math.max(0, known.servers() - 1));
  }

  void watch(Place place) {
    if (place.units() > 0) {
      under.add(place);
    }
  }

  /** It never was. */
  void giveBack(int taken) {
    units.addAndGet(-taken);
  }

  void over(Place place, boolean seen, long now) {
    if (place.units() > 0) {
      under.remove(place);
      units.addAndGet(-place.units());
      if (seen) {
        learn(place.units(), (now - place.sinceNanos()) / NANOS_PER_SECOND);
      }
    }
  }

  private synchronized void learn(int taken, double took) {
    seconds = seconds == 0 ? took : seconds + NEWEST * (took - seconds);
    meanUnits = meanUnits + NEWEST * (taken - meanUnits);
  }

  /** Those that count no longer. */
  void giveUpOn(long now) {
    for (Place place : under) {
      if (place.prefilledAtLatestNanos() <= now) {
        place.prefilled(Place.FirstToken.UNSEEN);
      }
    }
  }

  /**
   * How many servers are kept free of prompts for the urgent: as many as of them are expected
   * within the time in which one comes free, and a standard deviation.
   */
  void keep(double urgentPerSecond) {
    Pace known = pace;
    headroom =
        known == null
            ? 0
            : servers(urgentPerSecond * seconds(known) / Math.max(1, known.servers()));
  }

  private static int servers(double mean) {
    return mean < 1e-3 ? 0 : (int) Math.ceil(mean + Math.sqrt(mean));
  }

  private double seconds(Pace known) {
    return seconds > 0 ? seconds : known.tokens() * known.secondsPerToken() + known.stepSeconds();
  }

  /** Calls a second whose prompts are taken in at most. */
  double perSecond(boolean urgent) {
    Pace known = pace;
    if (known == null) {
      return Double.POSITIVE_INFINITY;
    }
    return mostUnits(known, urgent) / Math.max(1, meanUnits) / seconds(known);
  }

  long units() {
    return units.get();
  }
}
