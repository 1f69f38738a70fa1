package io.penstock.gateway.upstream;

import io.vertx.core.Vertx;
import java.util.ArrayList;

/**
 * The clock of one loop's flights. A timer for each call, or worse for each token, is dear; so a
 * flight only notes when something happened, and one tick looks at all of them. A time-out is late
 * by a tick at most.
 */
final class Deadlines {
  private static final long TICK_MILLIS = 20;

  private final Vertx vertx;
  private final ArrayList<Flight> flights = new ArrayList<>();
  private boolean ticking;

  Deadlines(Vertx vertx) {
    this.vertx = vertx;
  }

  void add(Flight flight) {
    flight.place = flights.size();
    flights.add(flight);
    if (!ticking) {
      ticking = true;
      vertx.setPeriodic(TICK_MILLIS, this::tick);
    }
  }

  /** The last one takes its place: removal must not shift thousands. */
  void remove(Flight flight) {
    Flight last = flights.removeLast();
    if (last != flight) {
      flights.set(flight.place, last);
      last.place = flight.place;
    }
    flight.place = -1;
  }

  /**
   * Backwards, so that a flight that ends while it is looked at disturbs none that is still to
   * come.
   */
  private void tick(long timer) {
    long now = System.nanoTime();
    for (int i = flights.size() - 1; i >= 0; i--) {
      if (i < flights.size()) {
        flights.get(i).tick(now);
      }
    }
    if (flights.isEmpty()) {
      ticking = false;
      vertx.cancelTimer(timer);
    }
  }

  /** Ends every flight for the same reason. */
  void interruptAll(String reason, String message) {
    for (Flight flight : flights.toArray(Flight[]::new)) {
      flight.interrupt(reason, message);
    }
  }

  int size() {
    return flights.size();
  }
}
