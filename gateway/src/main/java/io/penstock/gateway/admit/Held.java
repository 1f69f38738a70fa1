package io.penstock.gateway.admit;

import io.penstock.gateway.call.LimitState;
import io.penstock.gateway.call.Reservation;
import io.penstock.gateway.call.Usage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** What one admitted call holds, over all scopes. */
final class Held implements Reservation {
  private final Admit admit;
  private final Scope.Hold key;
  private final Scope.@Nullable Hold pool;
  private final Budget.@Nullable Hold budget;
  private final LimitState state;
  private final AtomicBoolean ended = new AtomicBoolean();

  Held(
      Admit admit,
      Scope.Hold key,
      Scope.@Nullable Hold pool,
      Budget.@Nullable Hold budget,
      LimitState state) {
    this.admit = admit;
    this.key = key;
    this.pool = pool;
    this.budget = budget;
    this.state = state;
  }

  @Override
  public LimitState state() {
    return state;
  }

  @Override
  public void settle(Usage usage, long microUsd) {
    long now = end();
    long used = (long) usage.promptTokens() + usage.completionTokens();
    key.settle(used, now);
    if (pool != null) {
      pool.settle(used, now);
    }
    if (budget != null) {
      budget.settle(microUsd);
    }
  }

  @Override
  public void release() {
    long now = end();
    key.undo(now);
    if (pool != null) {
      pool.undo(now);
    }
    if (budget != null) {
      budget.settle(0);
    }
  }

  private long end() {
    if (!ended.compareAndSet(false, true)) {
      throw new IllegalStateException("a reservation was ended twice");
    }
    return admit.reservationEnded();
  }
}
