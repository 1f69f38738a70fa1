package io.penstock.gateway.queue;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * When those of one tier who were refused were told to come back. Each is kept for the call that
 * was told so, which is known by its tenant and what it asks: the tenant's other calls have no use
 * of it. Under the room's lock.
 */
final class Appointments {
  /** How late one may be. */
  private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(15);

  private static final int MOST_OPEN = 10_000;

  private final Map<Who, Long> due = new HashMap<>();
  private final ArrayDeque<Booked> inOrder = new ArrayDeque<>();
  private long lastNanos = Long.MIN_VALUE;

  private record Who(String tenant, long question) {
    static Who of(Guest guest) {
      return new Who(guest.tenant(), guest.question());
    }
  }

  private record Booked(Who who, long atNanos) {}

  /**
   * The next time that is free; who has one that is still to come keeps it.
   *
   * @param earliestNanos not before
   * @param gapNanos after the one before
   */
  long book(Guest guest, long earliestNanos, long gapNanos, long nowNanos) {
    forget(nowNanos);
    Who who = Who.of(guest);
    Long known = due.get(who);
    if (known != null && known > nowNanos) {
      return known;
    }
    long at =
        lastNanos == Long.MIN_VALUE || lastNanos < nowNanos
            ? earliestNanos
            : Math.max(earliestNanos, lastNanos + gapNanos);
    if (due.size() < MOST_OPEN) {
      lastNanos = at;
      due.put(who, at);
      inOrder.addLast(new Booked(who, at));
    }
    return at;
  }

  /** Whether the call was told to come now; the appointment is used up. */
  boolean redeem(Guest guest, long nowNanos) {
    forget(nowNanos);
    Who who = Who.of(guest);
    Long at = due.get(who);
    if (at == null || at > nowNanos) {
      return false;
    }
    due.remove(who);
    return true;
  }

  private void forget(long nowNanos) {
    while (!inOrder.isEmpty() && inOrder.getFirst().atNanos() + GRACE_NANOS < nowNanos) {
      Booked old = inOrder.removeFirst();
      due.remove(old.who(), old.atNanos());
    }
  }
}
