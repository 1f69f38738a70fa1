package io.penstock.gateway.queue;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * When those of one tier who were refused were told to come back: a promise, so a tenant has as
 * many as it was given. Under the room's lock.
 */
final class Appointments {
  /** How late one may be. */
  private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(15);

  private static final int MOST_OPEN = 10_000;

  private final Map<String, ArrayDeque<Long>> due = new HashMap<>();
  private final ArrayDeque<Booked> inOrder = new ArrayDeque<>();
  private long lastNanos = Long.MIN_VALUE;
  private int open;

  private record Booked(String tenant, long atNanos) {}

  /**
   * The next time that is free.
   *
   * @param earliestNanos not before
   * @param gapNanos after the one before
   */
  long book(String tenant, long earliestNanos, long gapNanos, long nowNanos) {
    forget(nowNanos);
    long at =
        lastNanos == Long.MIN_VALUE || lastNanos < nowNanos
            ? earliestNanos
            : Math.max(earliestNanos, lastNanos + gapNanos);
    if (open < MOST_OPEN) {
      lastNanos = at;
      open++;
      due.computeIfAbsent(tenant, _ -> new ArrayDeque<>()).addLast(at);
      inOrder.addLast(new Booked(tenant, at));
    }
    return at;
  }

  /** Whether the tenant was told to come now; that one is used up. */
  boolean redeem(String tenant, long nowNanos) {
    forget(nowNanos);
    ArrayDeque<Long> own = due.get(tenant);
    if (own == null || own.isEmpty() || own.getFirst() > nowNanos) {
      return false;
    }
    own.removeFirst();
    open--;
    if (own.isEmpty()) {
      due.remove(tenant);
    }
    return true;
  }

  private void forget(long nowNanos) {
    while (!inOrder.isEmpty() && inOrder.getFirst().atNanos() + GRACE_NANOS < nowNanos) {
      Booked old = inOrder.removeFirst();
      ArrayDeque<Long> own = due.get(old.tenant());
      while (own != null && !own.isEmpty() && own.getFirst() <= old.atNanos()) {
        own.removeFirst();
        open--;
      }
      if (own != null && own.isEmpty()) {
        due.remove(old.tenant());
      }
    }
  }

  int open() {
    return open;
  }
}
