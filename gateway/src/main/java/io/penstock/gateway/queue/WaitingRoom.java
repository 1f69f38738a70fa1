package io.penstock.gateway.queue;

import io.penstock.config.Tier;
import io.penstock.config.Waiting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The waiting room of one pool, shared by all loops: so many places as the pool's SLO bears, and
 * who comes when they are taken waits here, or is told at once that it would wait too long.
 *
 * <p><b>Places.</b> A tier's reserved share of them is its own: no other tier takes the part of it
 * that is free. While nobody waits the room's lock is not needed (see {@link Places}).
 *
 * <p><b>Order.</b> The tier's priority, then the earliest deadline; the tenants of a tier take
 * turns. A tier whose oldest call has waited {@code ageing}, twice that for a normal priority and
 * three times for a low one, is raised: of every {@value Order#RAISED_EVERY} calls that go in one
 * is then of the raised tier whose oldest call is the oldest. So a call before which {@code k} of
 * its tier are to go has gone in, at the latest, after its ageing and {@code (k + 1)} times {@value
 * Order#RAISED_EVERY} places, times the number of tiers that are raised together, that came free
 * and are not kept for others.
 *
 * <p><b>The wait</b> is predicted (see {@link Outlook}). Who would wait too long is booked a time
 * to come back (see {@link Appointments}), one after the other as the room drains, and is let in to
 * wait when it does, as one of the raised.
 *
 * <p>Those who are told something are told outside the lock.
 */
public final class WaitingRoom {
  private static final double NANOS_PER_SECOND = 1e9;
  private static final long LONGEST_RETRY_NANOS = TimeUnit.MINUTES.toNanos(10);

  /** Calls a second of an urgent tier with which something is kept free for it. */
  private static final double LEAST_URGENT = 0.02;

  private final String pool;
  private final LongSupplier nanos;
  private final ReentrantLock lock = new ReentrantLock();

  private final Prefills prefills = new Prefills();
  private final Turnover turnover = new Turnover();
  private final Correction correction = new Correction();
  private final Order order = new Order();
  private final Places places;
  private final Outlook outlook;
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile double tpotSeconds;
  private volatile boolean closed;
  private volatile Waiting terms;
  private volatile Map<String, Desk> desks = Map.of();
  private long lookedNanos; // under the lock

  /**
   * @param nanos the clock, as {@link System#nanoTime}
   */
  public WaitingRoom(String pool, Waiting terms, Collection<Tier> tiers, LongSupplier nanos) {
    this.pool = pool;
    this.terms = terms;
    this.nanos = nanos;
    this.places = new Places(this, prefills, nanos);
    this.outlook = new Outlook(places, prefills, turnover);
    this.lookedNanos = nanos.getAsLong();
    reload(terms, tiers);
  }

  /** Takes what a new config says; who waits goes on waiting. */
  public void reload(Waiting next, Collection<Tier> tiers) {
    lock.lock();
    try {
      terms = next;
      var all = new LinkedHashMap<>(desks);
      for (Tier tier : tiers) {
        Desk known = all.get(tier.name());
        if (known == null) {
          all.put(tier.name(), new Desk(tier, pool));
        } else {
          known.reload(tier, pool);
        }
      }
      desks = all;
      places.reservedFor(all.values().stream().filter(Desk::reserves).toList());
    } finally {
      lock.unlock();
    }
    admit();
  }

  public String pool() {
    return pool;
  }

  /** What the config says. */
  public Waiting terms() {
    return terms;
  }

  // The capacity.

  /**
   * How much the pool bears from now on.
   *
   * @param most calls at once; {@link Integer#MAX_VALUE}: as many as come
   * @param kvTokens of all of them; {@link Long#MAX_VALUE}: not known
   * @param expectedSeconds that a call keeps its place, until calls have shown it; 0: not known
   */
  public void bears(int most, long kvTokens, double expectedSeconds) {
    boolean modelled = most < Integer.MAX_VALUE && terms.maxConcurrency() == 0;
    turnover.expect(expectedSeconds);
    int corrected = modelled ? (int) (most * correction.factor()) : most;
    places.bears(corrected, kvTokens, modelled, turnover.held());
    if (waiting.get() > 0) {
      admit();
    }
  }

  /**
   * How fast its servers take prompts in.
   *
   * @param pace null: not known, and nobody waits for them
   */
  public void paces(@Nullable Pace pace) {
    prefills.pace(pace);
    if (waiting.get() > 0) {
      admit();
    }
  }

  /** What time per token the pool promises; 0: none. */
  void promises(Duration tpot) {
    tpotSeconds = tpot.toNanos() / NANOS_PER_SECOND;
  }

  /** An answer came at so many seconds a token. */
  public void answered(double secondsPerToken) {
    if (secondsPerToken > 0) {
      correction.answered(secondsPerToken);
    }
  }

  public int limit() {
    return places.limit();
  }

  /** Places taken. */
  public int taken() {
    return places.taken();
  }

  /** Tokens of those who have places. */
  public long tokens() {
    return places.tokens();
  }

  /** Who waits, of all tiers. */
  public int waiting() {
    return waiting.get();
  }

  /** Who waits, of one tier. */
  public int waiting(String tier) {
    Desk desk = desks.get(tier);
    return desk == null ? 0 : desk.waiting();
  }

  /** Seconds that a call keeps its place. */
  public double heldSeconds() {
    return turnover.heldSeconds();
  }

  // In, from any thread.

  /** A place at once, where nobody waits and one is free; null otherwise. */
  public @Nullable Place enter(Guest guest) {
    Desk desk = desk(guest.tier());
    desk.asks();
    return waiting.get() == 0 ? places.take(desk, guest) : null;
  }

  /** A place if one is free that nobody before this one waits for; null otherwise. */
  public @Nullable Place enterBeside(Guest guest) {
    return waiting.get() == 0 ? places.take(desk(guest.tier()), guest) : null;
  }

  /** A place in any case: for a call that had one, whose backend failed it. */
  public Place force(Guest guest) {
    return places.force(desk(guest.tier()), guest);
  }

  /**
   * Waits for a place, as long as that promises to take no longer than a time.
   *
   * @param withinNanos the longest wait
   * @param called told what becomes of one who waits, perhaps before this returns
   * @return a place, one who waits, or that it would take too long
   */
  public Entry await(Guest guest, long withinNanos, Waiter.Called called) {
    Entry asked = asked(desk(guest.tier()), guest, withinNanos, called);
    if (asked instanceof Waiter) {
      admit();
    }
    return asked;
  }

  private Entry asked(Desk desk, Guest guest, long withinNanos, Waiter.Called called) {
    lock.lock();
    try {
      Place at = waiting.get() == 0 ? places.take(desk, guest) : null;
      if (at != null) {
        return at;
      }
      long now = nanos.getAsLong();
      long wait = waitNanos(desk, guest);
      if (closed || waiting.get() >= terms.length()) {
        return full(desk, guest, wait, withinNanos, now);
      }
      boolean promised = desk.appointments().redeem(guest, now);
      if (wait > withinNanos && !promised) {
        return full(desk, guest, wait, withinNanos, now);
      }
      long patience = promised ? Math.max(withinNanos, terms.maxWait().toNanos()) : withinNanos;
      var waiter = new Waiter(this, desk, guest, now, now + patience, promised, called);
      desk.add(waiter);
      waiting.incrementAndGet();
      return waiter;
    } finally {
      lock.unlock();
    }
  }

  /** One who waited as long as it may: when it should come back. */
  public Full refuse(Guest guest) {
    Desk desk = desk(guest.tier());
    lock.lock();
    try {
      return full(desk, guest, waitNanos(desk, guest), 0, nanos.getAsLong());
    } finally {
      lock.unlock();
    }
  }

  private Full full(Desk desk, Guest guest, long wait, long within, long now) {
    if (closed) {
      return new Full(wait, TimeUnit.SECONDS.toNanos(1));
    }
    long gap = outlook.gapNanos(desks.values(), desk);
    long earliest = now + Math.max(gap, wait - within);
    long at = desk.appointments().book(guest, earliest, gap, now);
    return new Full(wait, Math.min(LONGEST_RETRY_NANOS, at - now));
  }

  /** How long a call would wait if it came now; 0 where there is a place. */
  public long waitNanos(Guest guest) {
    Desk desk = desk(guest.tier());
    lock.lock();
    try {
      return waitNanos(desk, guest);
    } finally {
      lock.unlock();
    }
  }

  private Desk desk(Tier tier) {
    Desk desk = desks.get(tier.name());
    if (desk != null) {
      return desk;
    }
    lock.lock();
    try {
      var all = new LinkedHashMap<>(desks);
      Desk made = all.computeIfAbsent(tier.name(), _ -> new Desk(tier, pool));
      desks = all;
      return made;
    } finally {
      lock.unlock();
    }
  }

  // Out.

  void left(Place place, boolean served) {
    if (served) {
      turnover.served((nanos.getAsLong() - place.sinceNanos()) / NANOS_PER_SECOND);
    }
    turnover.ended();
    places.left(place);
    if (waiting.get() > 0) {
      admit();
    }
  }

  /** A server has taken a prompt in, or is taken to have. */
  void prefilled(Place place, Place.FirstToken how) {
    prefills.over(place, how == Place.FirstToken.SEEN, nanos.getAsLong());
    if (waiting.get() > 0 && prefills.paced()) {
      admit();
    }
  }

  boolean left(Waiter waiter) {
    lock.lock();
    try {
      if (waiter.gone()) {
        return false;
      }
      remove(waiter, Desk.Why.GONE);
    } finally {
      lock.unlock();
    }
    admit();
    return true;
  }

  private void remove(Waiter waiter, Desk.Why why) {
    waiter.desk().remove(waiter, why);
    waiting.decrementAndGet();
  }

  // Who goes next.

  /** Whoever can go in does. */
  private void admit() {
    if (waiting.get() == 0) {
      return;
    }
    var let = new ArrayList<Runnable>(2);
    lock.lock();
    try {
      for (Order.Next next = next(); next != null; next = next()) {
        Waiter waiter = next.waiter();
        Place place = next.place();
        remove(waiter, Desk.Why.SERVED);
        let.add(() -> waiter.called().placed(place));
      }
    } finally {
      lock.unlock();
    }
    let.forEach(Runnable::run);
  }

  private Order.@Nullable Next next() {
    return order.next(
        desks.values(),
        nanos.getAsLong(),
        terms.ageing(),
        waiter -> places.take(waiter.desk(), waiter.guest()));
  }

  private long waitNanos(Desk desk, Guest guest) {
    return outlook.waitNanos(desks.values(), desk, guest, terms.ageing());
  }

  // Now and then.

  /** Those whose time is over go; to be called several times a second. */
  public void look() {
    var over = new ArrayList<Runnable>();
    lock.lock();
    try {
      long now = nanos.getAsLong();
      double passed = (now - lookedNanos) / NANOS_PER_SECOND;
      if (passed > 0) {
        lookedNanos = now;
        desks.values().forEach(desk -> desk.look(passed));
        turnover.look(passed);
        keepForTheUrgent();
        correction.look(now, tpotSeconds, turnover.heldSeconds(), places.full());
      }
      if (waiting.get() > 0) {
        dismiss(over, now);
      }
    } finally {
      lock.unlock();
    }
    over.forEach(Runnable::run);
    prefills.giveUpOn(nanos.getAsLong());
    admit();
  }

  private void keepForTheUrgent() {
    double urgent = 0;
    for (Desk desk : desks.values()) {
      urgent += desk.urgent() && desk.perSecond() >= LEAST_URGENT ? desk.perSecond() : 0;
    }
    places.keepForTheUrgent(urgent, turnover.heldSeconds());
    prefills.keep(urgent);
  }

  /** Nobody waits here any more: the pool is gone, or the gateway goes. */
  public void close() {
    var over = new ArrayList<Runnable>();
    lock.lock();
    try {
      closed = true;
      dismiss(over, Long.MAX_VALUE);
    } finally {
      lock.unlock();
    }
    over.forEach(Runnable::run);
  }

  private void dismiss(List<Runnable> over, long now) {
    for (Desk desk : desks.values()) {
      for (Waiter waiter : desk.overAt(now)) {
        remove(waiter, Desk.Why.GONE);
        over.add(waiter.called()::dismissed);
      }
    }
  }
}
