package io.penstock.gateway.queue;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The places of one pool, from any thread. One is taken by a compare-and-set of one number, which
 * counts the places taken and the changes, so that what was read of the tiers beside it is still
 * so. Beside places there is room for tokens, the pool's KV memory, and for prompts; a call that is
 * alone is let in however long it is.
 */
final class Places {
  /** Of so many places at most one is for the urgent alone, or beyond the others. */
  private static final int HEADROOM_OF = 2;

  /** For as long there are places for the urgent at least, though none came free. */
  private static final double HEADROOM_SECONDS = 5;

  /** Which part of the places that come free is not given again while the number falls. */
  private static final double TAKEN_BACK = 0.5;

  private static final double NANOS_PER_SECOND = 1e9;
  private static final long ONE_MORE = (1L << 32) + 1;
  private static final long ONE_LESS = (1L << 32) - 1;

  private final WaitingRoom room;
  private final Prefills prefills;
  private final LongSupplier nanos;

  /** Changes in the upper half, places taken in the lower. */
  private final AtomicLong state = new AtomicLong();

  private final AtomicLong tokens = new AtomicLong();
  private volatile int limit = Integer.MAX_VALUE;
  private volatile long tokenLimit = Long.MAX_VALUE;
  private volatile boolean soft;
  private volatile int headroom;
  private volatile List<Desk> reservers = List.of();

  // By whoever says what the pool bears.
  private double allowed = Integer.MAX_VALUE;
  private long toldNanos;

  /**
   * @param room that is told what becomes of a place
   * @param nanos the clock
   */
  Places(WaitingRoom room, Prefills prefills, LongSupplier nanos) {
    this.room = room;
    this.prefills = prefills;
    this.nanos = nanos;
  }

  /**
   * From now on. A number of the model's that falls does so as places come free, so that there are
   * always some for the next of the urgent; one that the config says holds at once.
   *
   * @param most calls at once
   * @param kvTokens of all of them
   * @param modelled whether the number is the model's, where the promise begins to break
   * @param heldSeconds that a call keeps its place
   */
  synchronized void bears(int most, long kvTokens, boolean modelled, double heldSeconds) {
    long now = nanos.getAsLong();
    double passed = (now - toldNanos) / NANOS_PER_SECOND;
    boolean falls = modelled && soft && most < allowed;
    allowed = falls ? Math.max(most, allowed * (1 - TAKEN_BACK * passed / heldSeconds)) : most;
    toldNanos = now;
    soft = modelled;
    limit = Math.max(1, (int) allowed);
    tokenLimit = Math.max(1, kvTokens);
  }

  /** The tiers for which some are kept. */
  void reservedFor(List<Desk> desks) {
    reservers = desks;
  }

  /** As many as the urgent are expected to want in the time in which one comes free. */
  void keepForTheUrgent(double perSecond, double heldSeconds) {
    double mean = perSecond * Math.max(HEADROOM_SECONDS, heldSeconds / limit);
    headroom = limit == Integer.MAX_VALUE ? 0 : (int) Math.ceil(mean + 2 * Math.sqrt(mean));
  }

  int limit() {
    return limit;
  }

  int taken() {
    return (int) state.get();
  }

  long tokens() {
    return tokens.get();
  }

  /** Whether no place is free but what is kept for the urgent. */
  boolean full() {
    return taken() + headroom >= limit;
  }

  /** Places that a tier would find free now; below 0 where others took what is kept. */
  int free(Desk desk) {
    return tokens.get() < tokenLimit ? limit - taken() - keptBeside(desk) : 0;
  }

  /** Which part of the places a tier may have beside what is reserved for others. */
  double share(Desk desk) {
    double own = limit;
    for (Desk other : reservers) {
      own -= other == desk ? 0 : other.reserved(limit);
    }
    return Math.max(1, own) / limit;
  }

  boolean fits(Desk desk, Guest guest) {
    int seen = taken();
    return seen + keptBeside(desk) < limit(desk)
        && (seen == 0 || tokens.get() + size(guest) <= tokenLimit)
        && prefills.fits(prefills.units(guest), desk.urgent());
  }

  /** One, where one is free for the tier; null otherwise. */
  @Nullable Place take(Desk desk, Guest guest) {
    int units = prefills.units(guest);
    if (!prefills.begin(units, desk.urgent())) {
      return null;
    }
    Place place = take(desk, guest, units);
    if (place == null) {
      prefills.giveBack(units);
    }
    return place;
  }

  private @Nullable Place take(Desk desk, Guest guest, int units) {
    long size = size(guest);
    while (true) {
      long seen = state.get();
      if ((int) seen + keptBeside(desk) >= limit(desk)) {
        return null;
      }
      if (tokens.addAndGet(size) > tokenLimit && (int) seen > 0) {
        tokens.addAndGet(-size);
        return null;
      }
      if (state.compareAndSet(seen, seen + ONE_MORE)) {
        return entered(desk, guest, size, units);
      }
      tokens.addAndGet(-size);
    }
  }

  /** One in any case. */
  Place force(Desk desk, Guest guest) {
    long size = size(guest);
    int units = prefills.units(guest);
    prefills.force(units);
    tokens.addAndGet(size);
    state.addAndGet(ONE_MORE);
    return entered(desk, guest, size, units);
  }

  private Place entered(Desk desk, Guest guest, long size, int units) {
    desk.entered();
    long now = nanos.getAsLong();
    var place = new Place(room, desk, size, units, now, prefills.untilNanos(guest, now));
    prefills.watch(place);
    return place;
  }

  void left(Place place) {
    place.desk().left();
    tokens.addAndGet(-place.tokens());
    state.addAndGet(ONE_LESS);
  }

  private static long size(Guest guest) {
    return Math.max(0, Math.round(guest.tokens()));
  }

  private int keptBeside(Desk desk) {
    int kept = 0;
    for (Desk other : reservers) {
      if (other != desk) {
        kept += other.kept(limit);
      }
    }
    return kept;
  }

  /**
   * How many places there are for a tier. The model's number is where the promise begins to break,
   * and a few calls of the urgent more for a moment do not break it; a number that the config says
   * is one that nobody may pass, and there the others leave them some.
   */
  private int limit(Desk desk) {
    int few = Math.min(headroom, limit / HEADROOM_OF);
    if (soft) {
      return desk.urgent() ? limit + few : limit;
    }
    return desk.urgent() ? limit : limit - few;
  }
}
