package io.penstock.gateway.queue;

import java.time.Duration;
import java.util.Collection;

/**
 * How long a call would wait: what lies ahead over what places come free, which Little's law gives
 * from the time that calls keep theirs, less what more urgent tiers are expected to take; or the
 * bound that ageing gives, where that is less.
 */
final class Outlook {
  private static final double NANOS_PER_SECOND = 1e9;

  /** How much of what comes free for a tier is given away to those who are told to come back. */
  private static final double PROMISED_SHARE = 0.5;

  private final Places places;
  private final Prefills prefills;
  private final Turnover turnover;

  Outlook(Places places, Prefills prefills, Turnover turnover) {
    this.places = places;
    this.prefills = prefills;
    this.turnover = turnover;
  }

  /** 0 where a place is free that those who wait may not have. */
  long waitNanos(Collection<Desk> desks, Desk desk, Guest guest, Duration ageing) {
    return desk.waiting() == 0 && places.fits(desk, guest) ? 0 : waitNanos(desks, desk, ageing);
  }

  private long waitNanos(Collection<Desk> desks, Desk desk, Duration ageing) {
    int ahead = 0;
    for (Desk other : desks) {
      boolean before = other.priority().compareTo(desk.priority()) <= 0;
      ahead += before ? other.waiting() : other.promisedWaiting();
    }
    int free = Math.max(0, places.free(desk));
    double byPlaces = seconds(ahead + 1 - free, freePerSecond(desks, desk, modelledPerSecond()));
    double byPrompts = seconds(ahead + 1, prefills.perSecond(desk.urgent()));
    double aged =
        desk.ageingNanos(ageing) / NANOS_PER_SECOND
            + Order.RAISED_EVERY
                * (desk.waiting() + 1)
                / (places.share(desk) * modelledPerSecond());
    return (long) (NANOS_PER_SECOND * Math.min(Math.max(byPlaces, byPrompts), aged));
  }

  /** How long after one another those of a tier are told to come back. */
  long gapNanos(Collection<Desk> desks, Desk desk) {
    double seen = turnover.seenPerSecond(modelledPerSecond());
    double raised = places.share(desk) * seen / (2 * Order.RAISED_EVERY);
    double rate = Math.max(PROMISED_SHARE * freePerSecond(desks, desk, seen), raised);
    return (long) (NANOS_PER_SECOND / rate);
  }

  private static double seconds(int calls, double perSecond) {
    return calls <= 0 ? 0 : perSecond > 0 ? calls / perSecond : Double.POSITIVE_INFINITY;
  }

  /** Calls a second that its places and its servers' way with prompts allow. */
  private double modelledPerSecond() {
    return Math.min(places.limit() / turnover.held(), prefills.perSecond(false));
  }

  /**
   * A tier's share, less what tiers before it are expected to take beyond what is kept for them.
   */
  private double freePerSecond(Collection<Desk> desks, Desk desk, double perSecond) {
    double free = places.share(desk) * perSecond;
    for (Desk other : desks) {
      if (other.priority().compareTo(desk.priority()) < 0) {
        double kept = other.reserved(places.limit()) / turnover.held();
        free -= Math.max(0, other.perSecond() - kept);
      }
    }
    return Math.max(0, free);
  }
}
