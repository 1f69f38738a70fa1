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
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The waiting room of one pool, shared by all loops: so many places as the pool's SLO bears, and
 * who comes when they are taken waits here, or is told at once that it would wait too long.
 *
 * <p><b>Places.</b> A tier's reserved share of them is its own: no other tier takes the part of it
 * that is free. While nobody waits a place is taken by a compare-and-set of one number, which
 * counts the places taken and the changes, so that what was read of the tiers beside it is still
 * so; the room's lock is only for waiting. Beside places there is room for tokens, the pool's KV
 * memory; a call that is alone is let in however long it is.
 *
 * <p><b>Order.</b> The tier's priority, then the earliest deadline; the tenants of a tier take
 * turns. A tier whose oldest call has waited {@code ageing}, twice that for a normal priority and
 * three times for a low one, is raised: of every {@value #RAISED_EVERY} calls that go in one is
 * then of the raised tier whose oldest call is the oldest. So a call before which {@code k} of its
 * tier are to go has gone in, at the latest, after its ageing and {@code (k + 1)} times {@value
 * #RAISED_EVERY} places, times the number of tiers that are raised together, that came free and are
 * not kept for others.
 *
 * <p><b>The wait</b> is what lies ahead over what places come free, which Little's law gives from
 * the time that calls keep theirs, less what more urgent tiers are expected to take; or the bound
 * above where that is less. Who would wait too long is booked a time to come back (see {@link
 * Appointments}), one after the other as the room drains, and is let in to wait when it does, as
 * one of the raised.
 *
 * <p>Those who are told something are told outside the lock.
 */
public final class WaitingRoom {
  private static final int RAISED_EVERY = 4;
  private static final double NANOS_PER_SECOND = 1e9;
  private static final long LONGEST_RETRY_NANOS = TimeUnit.MINUTES.toNanos(10);

  /** How much of what comes free for a tier is given away to those who are told to come back. */
  private static final double PROMISED_SHARE = 0.5;

  /** Calls a second of an urgent tier with which something is kept free for it. */
  private static final double LEAST_URGENT = 0.02;

  /** Of so many places at most one is for the urgent alone, or beyond the others. */
  private static final int HEADROOM_OF = 2;

  /** For as long there are places for the urgent at least, though none came free. */
  private static final double HEADROOM_SECONDS = 5;

  /** How fast the rate at which calls ended is forgotten. */
  private static final double DRAIN_SECONDS = 8;

  /** Which part of the rate at which calls should end is believed in though they do not. */
  private static final double LEAST_DRAIN = 0.4;

  /** The weight of the newest call in the time that calls keep their places. */
  private static final double NEWEST = 0.05;

  private final String pool;
  private final LongSupplier nanos;
  private final ReentrantLock lock = new ReentrantLock();

  /** Changes in the upper half, places taken in the lower. */
  private final AtomicLong state = new AtomicLong();

  private final AtomicLong tokens = new AtomicLong();
  private final Prefills prefills = new Prefills();
  private final Correction correction = new Correction();
  private volatile double tpotSeconds;
  private volatile int limit = Integer.MAX_VALUE;
  private volatile long tokenLimit = Long.MAX_VALUE;
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile int headroom;
  private volatile boolean soft;
  private volatile double drainPerSecond;
  private final LongAdder ended = new LongAdder();
  private volatile double heldSeconds;
  private volatile boolean measured;
  private volatile boolean closed;
  private volatile Waiting terms;
  private volatile Map<String, Desk> desks = Map.of();
  private volatile List<Desk> reservers = List.of();

  // Under the lock.
  private int sinceRaised = RAISED_EVERY;
  private long lookedNanos;

  /**
   * @param nanos the clock, as {@link System#nanoTime}
   */
  public WaitingRoom(String pool, Waiting terms, Collection<Tier> tiers, LongSupplier nanos) {
    this.pool = pool;
    this.terms = terms;
    this.nanos = nanos;
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
      reservers = all.values().stream().filter(Desk::reserves).toList();
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
   * @param places calls at once; {@link Integer#MAX_VALUE}: as many as come
   * @param kvTokens of all of them; {@link Long#MAX_VALUE}: not known
   * @param expectedSeconds that a call keeps its place, until calls have shown it; 0: not known
   */
  public void bears(int places, long kvTokens, double expectedSeconds) {
    boolean modelled = places < Integer.MAX_VALUE && terms.maxConcurrency() == 0;
    soft = modelled;
    limit = Math.max(1, modelled ? (int) (places * correction.factor()) : places);
    tokenLimit = Math.max(1, kvTokens);
    if (!measured && expectedSeconds > 0) {
      heldSeconds = expectedSeconds;
    }
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
    return limit;
  }

  /** Places taken. */
  public int taken() {
    return (int) state.get();
  }

  /** Tokens of those who have places. */
  public long tokens() {
    return tokens.get();
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
    return heldSeconds;
  }

  // In, from any thread.

  /** A place at once, where nobody waits and one is free; null otherwise. */
  public @Nullable Place enter(Guest guest) {
    Desk desk = desk(guest.tier());
    desk.asks();
    return waiting.get() == 0 ? take(desk, guest) : null;
  }

  /** A place if one is free that nobody before this one waits for; null otherwise. */
  public @Nullable Place enterBeside(Guest guest) {
    return waiting.get() == 0 ? take(desk(guest.tier()), guest) : null;
  }

  /** A place in any case: for a call that had one, whose backend failed it. */
  public Place force(Guest guest) {
    Desk desk = desk(guest.tier());
    long size = size(guest);
    int units = prefills.units(guest);
    prefills.force(units);
    tokens.addAndGet(size);
    state.addAndGet((1L << 32) + 1);
    return entered(desk, guest, size, units);
  }

  private Place entered(Desk desk, Guest guest, long size, int units) {
    desk.entered();
    long now = nanos.getAsLong();
    var place = new Place(this, desk, size, units, now, prefills.untilNanos(guest, now));
    prefills.watch(place);
    return place;
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
      Place at = waiting.get() == 0 ? take(desk, guest) : null;
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
    double seen = seenPerSecond();
    double rate =
        Math.max(
            PROMISED_SHARE * freeForSeconds(desk, seen), share(desk, seen) / (2 * RAISED_EVERY));
    long gap = (long) (NANOS_PER_SECOND / rate);
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

  private boolean fits(Desk desk, Guest guest) {
    long seen = state.get();
    return (int) seen + keptBeside(desk) < limit(desk)
        && ((int) seen == 0 || tokens.get() + size(guest) <= tokenLimit)
        && prefills.fits(prefills.units(guest), desk.urgent());
  }

  private @Nullable Place take(Desk desk, Guest guest) {
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
      if (state.compareAndSet(seen, seen + (1L << 32) + 1)) {
        return entered(desk, guest, size, units);
      }
      tokens.addAndGet(-size);
    }
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

  // Out.

  void left(Place place, boolean served) {
    if (served) {
      double held = (nanos.getAsLong() - place.sinceNanos()) / NANOS_PER_SECOND;
      double before = heldSeconds;
      heldSeconds = measured || before > 0 ? before + NEWEST * (held - before) : held;
      measured = true;
    }
    ended.increment();
    place.desk().left();
    tokens.addAndGet(-place.tokens());
    state.addAndGet((1L << 32) - 1);
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
      for (Next next = next(); next != null; next = next()) {
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

  private record Next(Waiter waiter, Place place) {}

  private @Nullable Next next() {
    Waiter raised = raised(nanos.getAsLong());
    if (raised != null && sinceRaised >= RAISED_EVERY - 1) {
      Next aged = place(raised);
      if (aged != null) {
        sinceRaised = 0;
        return aged;
      }
    }
    Next found = inTurn();
    if (found != null) {
      sinceRaised = raised == null ? RAISED_EVERY : sinceRaised + 1;
    }
    return found;
  }

  /** The urgent, then those who came back as told, then the others. */
  private @Nullable Next inTurn() {
    List<Desk> order = inOrder();
    for (Desk desk : order) {
      Next urgent = desk.urgent() ? place(desk.next()) : null;
      if (urgent != null) {
        return urgent;
      }
    }
    for (Desk desk : order) {
      Next promised = place(desk.promised());
      if (promised != null) {
        return promised;
      }
    }
    for (Desk desk : order) {
      Next found = place(desk.next());
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private @Nullable Next place(@Nullable Waiter waiter) {
    if (waiter == null) {
      return null;
    }
    Place place = take(waiter.desk(), waiter.guest());
    return place == null ? null : new Next(waiter, place);
  }

  private List<Desk> inOrder() {
    var waitingDesks = new ArrayList<Desk>(4);
    for (Desk desk : desks.values()) {
      if (desk.waiting() > 0) {
        waitingDesks.add(desk);
      }
    }
    waitingDesks.sort(WaitingRoom::compare);
    return waitingDesks;
  }

  private static int compare(Desk one, Desk other) {
    int byPriority = one.priority().compareTo(other.priority());
    return byPriority != 0 ? byPriority : Long.compare(deadline(one), deadline(other));
  }

  private static long deadline(Desk desk) {
    Waiter next = desk.next();
    return next == null ? Long.MAX_VALUE : next.untilNanos();
  }

  /** The oldest call of the raised tiers; who came back as told is of them. */
  private @Nullable Waiter raised(long now) {
    Waiter found = null;
    for (Desk desk : desks.values()) {
      found = older(found, desk.promised());
      Waiter oldest = desk.oldest();
      if (oldest != null && now - oldest.sinceNanos() >= ageingNanos(desk)) {
        found = older(found, oldest);
      }
    }
    return found;
  }

  private static @Nullable Waiter older(@Nullable Waiter one, @Nullable Waiter other) {
    return one == null || (other != null && other.sinceNanos() < one.sinceNanos()) ? other : one;
  }

  private long ageingNanos(Desk desk) {
    int times =
        switch (desk.priority()) {
          case HIGH -> 1;
          case NORMAL -> 2;
          case LOW -> 3;
        };
    return times * terms.ageing().toNanos();
  }

  // How long it would take.

  /** None where a place is free that those who wait may not have. */
  private long waitNanos(Desk desk, Guest guest) {
    return desk.waiting() == 0 && fits(desk, guest) ? 0 : waitNanos(desk);
  }

  private long waitNanos(Desk desk) {
    int ahead = 0;
    for (Desk other : desks.values()) {
      if (other.priority().compareTo(desk.priority()) <= 0) {
        ahead += other.waiting();
      } else {
        ahead += other.promisedWaiting();
      }
    }
    int free = tokens.get() < tokenLimit ? limit - taken() - keptBeside(desk) : 0;
    double byPlaces =
        seconds(ahead + 1 - Math.max(0, free), freeForSeconds(desk, modelledPerSecond()));
    double byPrompts = seconds(ahead + 1, prefills.perSecond(desk.urgent()));
    double byOrder = Math.max(byPlaces, byPrompts);
    double aged =
        ageingNanos(desk) / NANOS_PER_SECOND
            + RAISED_EVERY * (desk.waiting() + 1) / share(desk, modelledPerSecond());
    return (long) (NANOS_PER_SECOND * Math.min(byOrder, aged));
  }

  private static double seconds(int calls, double perSecond) {
    return calls <= 0 ? 0 : perSecond > 0 ? calls / perSecond : Double.POSITIVE_INFINITY;
  }

  /** What a tier may have of so many calls a second. */
  private double share(Desk desk, double perSecond) {
    double own = limit;
    for (Desk other : reservers) {
      own -= other == desk ? 0 : other.reserved(limit);
    }
    return Math.max(1, own) / limit * perSecond;
  }

  /** Calls a second that its places and its servers' way with prompts allow. */
  private double modelledPerSecond() {
    return Math.min(limit / held(), prefills.perSecond(false));
  }

  /** The same as far as calls have ended of late: just after the places are gone few do. */
  private double seenPerSecond() {
    double modelled = modelledPerSecond();
    return Math.clamp(drainPerSecond, LEAST_DRAIN * modelled, modelled);
  }

  /**
   * A tier's share, less what tiers before it are expected to take beyond what is kept for them.
   */
  private double freeForSeconds(Desk desk, double perSecond) {
    double free = share(desk, perSecond);
    for (Desk other : desks.values()) {
      if (other.priority().compareTo(desk.priority()) < 0) {
        free -= Math.max(0, other.perSecond() - other.reserved(limit) / held());
      }
    }
    return Math.max(0, free);
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
        lookAtDrain(passed);
        keepForTheUrgent();
        correction.look(now, tpotSeconds, heldSeconds, taken() + headroom >= limit);
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

  /** As many places as the urgent are expected to want in the time in which one comes free. */
  private void keepForTheUrgent() {
    double urgent = 0;
    for (Desk desk : desks.values()) {
      urgent += desk.urgent() && desk.perSecond() >= LEAST_URGENT ? desk.perSecond() : 0;
    }
    double untilOneIsFree = Math.max(HEADROOM_SECONDS, heldSeconds / limit);
    double mean = urgent * untilOneIsFree;
    headroom = limit == Integer.MAX_VALUE ? 0 : (int) Math.ceil(mean + 2 * Math.sqrt(mean));
    prefills.keep(urgent);
  }

  /** How many calls came to their end of late. */
  private void lookAtDrain(double passedSeconds) {
    double rate = ended.sumThenReset() / passedSeconds;
    double newest = 1 - Math.exp(-passedSeconds / DRAIN_SECONDS);
    double before = drainPerSecond;
    drainPerSecond = before + newest * (rate - before);
  }

  private double held() {
    return heldSeconds > 0 ? heldSeconds : 1;
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
