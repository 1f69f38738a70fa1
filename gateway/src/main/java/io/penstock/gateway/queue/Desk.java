package io.penstock.gateway.queue;

import io.penstock.config.Tier;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One tier at one pool: the places that it has, and those of it who wait. Tenants take turns; a
 * tenant's own calls go by their deadlines. The queues belong to the room's lock.
 */
final class Desk {
  private static final Comparator<Waiter> BY_DEADLINE =
      Comparator.comparingLong(Waiter::untilNanos).thenComparingLong(Waiter::sinceNanos);

  /** How fast a rate of arrivals is forgotten. */
  private static final double RATE_SECONDS = 5;

  private final String tier;
  private final AtomicInteger used = new AtomicInteger();
  private final LongAdder asked = new LongAdder();
  private volatile Tier.Priority priority;
  private volatile double share;

  // Under the room's lock.
  private final Map<String, PriorityQueue<Waiter>> lines = new LinkedHashMap<>();
  private final ArrayDeque<String> turns = new ArrayDeque<>();
  private final ArrayDeque<Waiter> byAge = new ArrayDeque<>();
  private final ArrayDeque<Waiter> promised = new ArrayDeque<>();
  private final Appointments appointments = new Appointments();
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile double perSecond;
  private long askedBefore;

  Desk(Tier tier, String pool) {
    this.tier = tier.name();
    this.priority = tier.priority();
    this.share = tier.reserved().getOrDefault(pool, 0.0);
  }

  void reload(Tier next, String pool) {
    priority = next.priority();
    share = next.reserved().getOrDefault(pool, 0.0);
  }

  String tier() {
    return tier;
  }

  Tier.Priority priority() {
    return priority;
  }

  // Places, from any thread.

  /** Places that are kept for it, of so many. */
  int reserved(int limit) {
    return share == 0 ? 0 : (int) Math.floor(share * limit + 1e-9);
  }

  /** After which its oldest call is raised: the ageing, or twice or three times that. */
  long ageingNanos(Duration ageing) {
    int times =
        switch (priority) {
          case HIGH -> 1;
          case NORMAL -> 2;
          case LOW -> 3;
        };
    return times * ageing.toNanos();
  }

  boolean urgent() {
    return priority == Tier.Priority.HIGH;
  }

  boolean reserves() {
    return share > 0;
  }

  /** Places that are kept for it and that it does not use now. */
  int kept(int limit) {
    return Math.max(0, reserved(limit) - used.get());
  }

  int used() {
    return used.get();
  }

  void entered() {
    used.incrementAndGet();
  }

  void left() {
    used.decrementAndGet();
  }

  /** A call came for the pool, whatever becomes of it. */
  void asks() {
    asked.increment();
  }

  /** Calls a second of late. */
  double perSecond() {
    return perSecond;
  }

  void look(double passedSeconds) {
    long now = asked.sum();
    double rate = (now - askedBefore) / passedSeconds;
    askedBefore = now;
    double before = perSecond;
    perSecond = before + (1 - Math.exp(-passedSeconds / RATE_SECONDS)) * (rate - before);
  }

  // Those who wait; under the lock but for their number.

  int waiting() {
    return waiting.get();
  }

  Appointments appointments() {
    return appointments;
  }

  void add(Waiter waiter) {
    String tenant = waiter.guest().tenant();
    PriorityQueue<Waiter> line = lines.get(tenant);
    if (line == null) {
      line = new PriorityQueue<>(BY_DEADLINE);
      lines.put(tenant, line);
      turns.addLast(tenant);
    }
    line.add(waiter);
    (waiter.promised() ? promised : byAge).addLast(waiter);
    waiting.incrementAndGet();
  }

  /** Who of it goes next: the earliest deadline of the tenant whose turn it is. */
  @Nullable Waiter next() {
    String tenant = turns.peekFirst();
    PriorityQueue<Waiter> line = tenant == null ? null : lines.get(tenant);
    return line == null ? null : line.peek();
  }

  /** Who of it has waited longest of those who were promised nothing. */
  @Nullable Waiter oldest() {
    return oldest(byAge);
  }

  /** Who came back first of those who came back as told. */
  @Nullable Waiter promised() {
    return oldest(promised);
  }

  int promisedWaiting() {
    promised();
    return promised.size();
  }

  private static @Nullable Waiter oldest(ArrayDeque<Waiter> line) {
    while (!line.isEmpty() && line.getFirst().gone()) {
      line.removeFirst();
    }
    return line.peekFirst();
  }

  /** Takes one out; where it goes into the pool the turn is the next tenant's. */
  void remove(Waiter waiter, Why why) {
    waiter.go();
    String tenant = waiter.guest().tenant();
    PriorityQueue<Waiter> line = lines.get(tenant);
    if (line != null && line.remove(waiter)) {
      waiting.decrementAndGet();
      if (line.isEmpty()) {
        lines.remove(tenant);
        turns.remove(tenant);
      } else if (why == Why.SERVED) {
        turns.remove(tenant);
        turns.addLast(tenant);
      }
    }
    oldest();
    promised();
  }

  /** Why one waits no more. */
  enum Why {
    SERVED,
    GONE
  }

  /** Those who wait no longer than until then. */
  List<Waiter> overAt(long nanos) {
    return Stream.concat(byAge.stream(), promised.stream())
        .filter(waiter -> !waiter.gone() && waiter.untilNanos() <= nanos)
        .toList();
  }
}
