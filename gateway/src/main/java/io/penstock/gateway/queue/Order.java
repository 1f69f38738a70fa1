package io.penstock.gateway.queue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Who goes in next: the tier's priority, then the earliest deadline. A tier whose oldest call has
 * waited its ageing is raised, as is who came back as told: of every {@value #RAISED_EVERY} calls
 * that go in one is then of the raised whose call is the oldest. Under the room's lock.
 */
final class Order {
  static final int RAISED_EVERY = 4;

  private int sinceRaised = RAISED_EVERY;

  record Next(Waiter waiter, Place place) {}

  /**
   * Who goes in now, with his place; null where nobody can.
   *
   * @param ageing after which a call of high priority is raised
   * @param take takes a place, where one is free for that call
   */
  @Nullable Next next(
      Collection<Desk> desks, long now, Duration ageing, Function<Waiter, @Nullable Place> take) {
    Waiter raised = raised(desks, now, ageing);
    if (raised != null && sinceRaised >= RAISED_EVERY - 1) {
      Next aged = place(raised, take);
      if (aged != null) {
        sinceRaised = 0;
        return aged;
      }
    }
    Next found = inTurn(inOrder(desks), take);
    if (found != null) {
      sinceRaised = raised == null ? RAISED_EVERY : sinceRaised + 1;
    }
    return found;
  }

  /** The urgent, then those who came back as told, then the others. */
  private static @Nullable Next inTurn(List<Desk> order, Function<Waiter, @Nullable Place> take) {
    Next found = first(order, desk -> desk.urgent() ? desk.next() : null, take);
    if (found == null) {
      found = first(order, Desk::promised, take);
    }
    return found == null ? first(order, Desk::next, take) : found;
  }

  private static @Nullable Next first(
      List<Desk> order,
      Function<Desk, @Nullable Waiter> candidate,
      Function<Waiter, @Nullable Place> take) {
    for (Desk desk : order) {
      Next found = place(candidate.apply(desk), take);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  private static @Nullable Next place(
      @Nullable Waiter waiter, Function<Waiter, @Nullable Place> take) {
    Place place = waiter == null ? null : take.apply(waiter);
    return waiter == null || place == null ? null : new Next(waiter, place);
  }

  private static List<Desk> inOrder(Collection<Desk> desks) {
    var waiting = new ArrayList<Desk>(4);
    for (Desk desk : desks) {
      if (desk.waiting() > 0) {
        waiting.add(desk);
      }
    }
    waiting.sort(Order::compare);
    return waiting;
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
  private static @Nullable Waiter raised(Collection<Desk> desks, long now, Duration ageing) {
    Waiter found = null;
    for (Desk desk : desks) {
      found = older(found, desk.promised());
      Waiter oldest = desk.oldest();
      if (oldest != null && now - oldest.sinceNanos() >= desk.ageingNanos(ageing)) {
        found = older(found, oldest);
      }
    }
    return found;
  }

  private static @Nullable Waiter older(@Nullable Waiter one, @Nullable Waiter other) {
    return one == null || (other != null && other.sinceNanos() < one.sinceNanos()) ? other : one;
  }
}
