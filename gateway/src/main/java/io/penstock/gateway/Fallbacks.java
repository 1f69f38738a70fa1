package io.penstock.gateway;

import io.penstock.config.Pool;
import io.penstock.gateway.account.Account;
import io.penstock.gateway.admit.Admit;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Refusal;
import io.penstock.gateway.call.Seated;
import io.penstock.gateway.call.Turn;
import io.penstock.gateway.capacity.Capacities;
import io.penstock.gateway.choose.Backends;
import io.penstock.gateway.choose.Prefix;
import io.penstock.gateway.upstream.Seats;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The places that one call may be given, in order: its pool's backends, as the pool balances them,
 * then those of each pool that its pool falls back to and whose own limits have room.
 */
final class Fallbacks implements Seats {
  private final Backends backends;
  private final Account account;
  private final Capacities capacities;
  private final Admit admit;
  private final Demand demand;
  private final List<Pool> pools;
  private final Prefix prefix;
  private final Map<String, Set<String>> failed = HashMap.newHashMap(2);
  private int current;

  /**
   * @param demand what the call asks of a server
   * @param pools the call's pool, and then those that may take its place
   * @param prefix what the call's prompt begins with
   */
  Fallbacks(
      Backends backends,
      Account account,
      Capacities capacities,
      Admit admit,
      Demand demand,
      List<Pool> pools,
      Prefix prefix) {
    this.backends = backends;
    this.account = account;
    this.capacities = capacities;
    this.admit = admit;
    this.demand = demand;
    this.pools = pools;
    this.prefix = prefix;
  }

  /** The first place. */
  Seated first() {
    return seat("no_backend");
  }

  @Override
  public Seated another(Turn turn, String reason) {
    if (!backends.mayRetry(turn.pool())) {
      account.retryDenied(turn.pool());
      return new Refusal.UpstreamFailed(turn.pool().name(), "The pool may not retry now.");
    }
    // Where one of several credentials is limited, the others may ask the same backend.
    if (!reason.equals("status_429") || turn.pool().keys().size() < 2) {
      failed(turn.pool()).add(turn.backend().id());
    }
    Seated next = seat(reason);
    if (!(next instanceof Turn found)) {
      backends.didNotRetry(turn.pool());
    } else if (found.pool().name().equals(turn.pool().name())) {
      account.retried(turn.pool(), reason);
    }
    return next;
  }

  private Seated seat(String reason) {
    return switch (free(reason)) {
      case Turn turn -> capacities.metered(turn, demand);
      case Refusal no -> no;
    };
  }

  private Set<String> failed(Pool pool) {
    return failed.computeIfAbsent(pool.name(), _ -> HashSet.newHashSet(2));
  }

  private Seated free(String reason) {
    Seated here = backends.seat(pools.get(current), failed(pools.get(current)), prefix);
    Refusal first = here instanceof Refusal refusal ? refusal : null;
    int before = current;
    while (here instanceof Refusal && current + 1 < pools.size()) {
      account.fellBack(pools.get(current), pools.get(current + 1), reason);
      current++;
      here = backends.seat(pools.get(current), failed(pools.get(current)), prefix);
    }
    for (int i = before; here instanceof Refusal && i < pools.size(); i++) {
      here = backends.lastResort(pools.get(i), failed(pools.get(i)), prefix);
      current = i;
    }
    if (current > before && here instanceof Turn) {
      admit.fellBack(pools.get(current), demand);
    }
    return here instanceof Refusal && first != null ? first : here;
  }
}
