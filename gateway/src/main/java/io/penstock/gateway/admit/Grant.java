package io.penstock.gateway.admit;

import io.penstock.gateway.call.LimitState;
import io.penstock.gateway.call.Reservation;
import io.penstock.gateway.call.Usage;
import java.util.concurrent.atomic.AtomicBoolean;

/** What one call holds over all scopes that the fleet's store granted: a lease in each. */
final class Grant implements Reservation {
  final Fleet.Ticket ticket;
  private final long atNanos;
  private final Admit admit;
  private final Fleet fleet;
  private final LimitState state;
  private final AtomicBoolean ended = new AtomicBoolean();

  Grant(Admit admit, Fleet fleet, Fleet.Ticket ticket, LimitState state, long atNanos) {
    this.admit = admit;
    this.fleet = fleet;
    this.ticket = ticket;
    this.state = state;
    this.atNanos = atNanos;
    for (Scope scope : ticket.scopes()) {
      scope.slots.granted();
    }
  }

  @Override
  public LimitState state() {
    return state;
  }

  @Override
  public void settle(Usage usage, long microUsd) {
    end();
    fleet.settle(this, 1, (long) usage.promptTokens() + usage.completionTokens(), microUsd);
  }

  @Override
  public void release() {
    end();
    fleet.settle(this, 0, 0, 0);
  }

  private void end() {
    if (!ended.compareAndSet(false, true)) {
      throw new IllegalStateException("a reservation was ended twice");
    }
    long now = admit.reservationEnded();
    for (Scope scope : ticket.scopes()) {
      scope.slots.giveBack(now - atNanos);
    }
  }
}
