package io.penstock.gateway.admit;

import io.penstock.gateway.call.LimitState;
import io.penstock.gateway.call.Reservation;
import io.penstock.gateway.call.Usage;
import java.util.concurrent.atomic.AtomicBoolean;

/** What one call holds over all scopes that this process admitted by itself. */
final class Held implements Reservation {
  private final Admit admit;
  private final Scope.Hold[] holds;
  private final Admit.Ask ask;

  /** Whether a store is to be told, once it is back. */
  private final boolean owed;

  private final LimitState state;
  private final AtomicBoolean ended = new AtomicBoolean();

  Held(Admit admit, Scope.Hold[] holds, Admit.Ask ask, Terms terms, LimitState state) {
    this.admit = admit;
    this.holds = holds;
    this.ask = ask;
    this.owed = !terms.alone();
    this.state = state;
    if (owed) {
      owe(1, ask.tokens(), ask.maxMicroUsd());
    }
  }

  @Override
  public LimitState state() {
    return state;
  }

  @Override
  public void settle(Usage usage, long microUsd) {
    long now = end();
    long used = (long) usage.promptTokens() + usage.completionTokens();
    for (Scope.Hold hold : holds) {
      hold.settle(used, microUsd, now);
    }
    if (owed) {
      owe(0, used - ask.tokens(), microUsd - ask.maxMicroUsd());
    }
  }

  @Override
  public void release() {
    long now = end();
    for (Scope.Hold hold : holds) {
      hold.undo(now);
    }
    if (owed) {
      owe(-1, -ask.tokens(), -ask.maxMicroUsd());
    }
  }

  private void owe(long requests, long tokens, long microUsd) {
    for (Scope.Hold hold : holds) {
      Budget budget = hold.scope().budget;
      hold.scope()
          .owed
          .add(requests, tokens, budget == null ? 0 : microUsd, budget == null ? 0 : window(hold));
    }
  }

  private long window(Scope.Hold hold) {
    return hold.money() != null ? hold.money().startMillis() : admit.moneyWindow(hold.scope());
  }

  private long end() {
    if (!ended.compareAndSet(false, true)) {
      throw new IllegalStateException("a reservation was ended twice");
    }
    return admit.reservationEnded();
  }
}
