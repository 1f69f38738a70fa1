package io.penstock.gateway;

import io.penstock.config.Pool;
import io.penstock.gateway.account.Account;
import io.penstock.gateway.admit.Admit;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Refusal;
import io.penstock.gateway.call.Seated;
import io.penstock.gateway.call.Turn;
import io.penstock.gateway.call.Usage;
import io.penstock.gateway.capacity.Capacities;
import io.penstock.gateway.choose.Backends;
import io.penstock.gateway.choose.Prefix;
import io.penstock.gateway.cost.Cost;
import io.penstock.gateway.queue.Guest;
import io.penstock.gateway.queue.Place;
import io.penstock.gateway.queue.Placed;
import io.penstock.gateway.queue.Rooms;
import io.penstock.gateway.queue.WaitingRoom;
import io.penstock.gateway.upstream.Seats;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The places that one call may be given, in order: its pool's backends, as the pool balances them,
 * then those of each pool that its pool falls back to and whose own limits have room.
 */
final class Fallbacks implements Seats {
  private static final double NANOS_PER_SECOND = 1e9;

  private final Backends backends;
  private final Account account;
  private final Capacities capacities;
  private final Admit admit;
  private final Rooms rooms;
  private final Demand demand;
  private final Guest guest;
  private final List<Pool> pools;
  private final Prefix prefix;
  private final Cost cost;
  private final Map<String, Set<String>> failed = HashMap.newHashMap(2);
  private int current;
  private @Nullable Standby waiting;

  /**
   * @param demand what the call asks of a server
   * @param guest who asks the waiting rooms
   * @param pools the call's pool, and then those that may take its place
   * @param prefix what the call's prompt begins with
   * @param cost what work costs
   */
  Fallbacks(
      Backends backends,
      Account account,
      Capacities capacities,
      Admit admit,
      Rooms rooms,
      Demand demand,
      Guest guest,
      List<Pool> pools,
      Prefix prefix,
      Cost cost) {
    this.backends = backends;
    this.account = account;
    this.capacities = capacities;
    this.admit = admit;
    this.rooms = rooms;
    this.demand = demand;
    this.guest = guest;
    this.pools = pools;
    this.prefix = prefix;
    this.cost = cost;
  }

  /**
   * The first place, once there is one in its pool or, where its tier wants that, in another.
   *
   * @param standby waits for it where there is none now
   */
  Future<Seated> first(Function<WaitingRoom, Standby> standby) {
    WaitingRoom room = rooms.of(pools.getFirst().name());
    if (room == null) {
      return Future.succeededFuture(seat("no_backend", null));
    }
    Place place = room.enter(guest);
    if (place != null) {
      return Future.succeededFuture(seat("no_backend", place));
    }
    Standby waits = standby.apply(room);
    waiting = waits;
    return waits.seek();
  }

  /** The client is gone before its call had a place. */
  void leave() {
    if (waiting != null) {
      waiting.leave();
    }
  }

  /** A turn for who has a place in this pool, or in one that the pool falls back to. */
  Seated seat(Pool pool, Place place) {
    if (!pool.equals(pools.get(current))) {
      pools.clear();
      pools.add(pool);
      current = 0;
      admit.fellBack(pool, demand);
    }
    return seat("no_backend", place);
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
    Seated next = seat(reason, null);
    if (!(next instanceof Turn found)) {
      backends.didNotRetry(turn.pool());
    } else if (found.pool().name().equals(turn.pool().name())) {
      account.retried(turn.pool(), reason);
    }
    return next;
  }

  /** A pool that has no place free has none for work that is done twice. */
  @Override
  public Seated beside(Turn waiting) {
    Pool pool = waiting.pool();
    Refusal full = new Refusal.Overloaded(pool.name(), Duration.ofSeconds(1));
    if (!backends.mayHedge(pool)) {
      account.hedged(pool, "denied");
      return full;
    }
    WaitingRoom room = rooms.of(pool.name());
    Place place = room == null ? null : room.enterBeside(guest);
    Set<String> tried = new HashSet<>(failed(pool));
    tried.add(waiting.backend().id());
    Seated found =
        room != null && place == null
            ? full
            : turn(pool, place, (to, _, _) -> backends.beside(to, tried));
    if (found instanceof Turn turn) {
      return capacities.metered(turn, demand);
    }
    backends.didNotHedge(pool);
    return found;
  }

  @Override
  public void raced(Turn first, Turn loser, String outcome, long nanos) {
    Pool pool = first.pool();
    account.hedged(pool, outcome);
    Usage prompt = new Usage(demand.promptTokens(), 0, 0, false);
    double seconds = nanos / NANOS_PER_SECOND;
    account.wasted(
        pool,
        loser.backend().id(),
        cost.microUsd(pool, prompt, seconds, loser.inFlightAtDispatch()));
  }

  private Seated seat(String reason, @Nullable Place place) {
    return switch (free(reason, place)) {
      case Turn turn -> capacities.metered(turn, demand);
      case Refusal no -> no;
    };
  }

  private Set<String> failed(Pool pool) {
    return failed.computeIfAbsent(pool.name(), _ -> HashSet.newHashSet(2));
  }

  /** Who picks a backend. */
  @FunctionalInterface
  private interface Chooser {
    Seated seat(Pool pool, Set<String> except, Prefix prefix);
  }

  /** A turn at a pool; its place is given back where there is none. */
  private Seated turn(Pool pool, @Nullable Place place, Chooser by) {
    Seated found = by.seat(pool, failed(pool), prefix);
    if (place == null) {
      return found;
    }
    if (found instanceof Turn turn) {
      return new Placed(turn, place);
    }
    place.abandon();
    return found;
  }

  /** Who had a place here keeps it for another try, however full the pool is by now. */
  private @Nullable Place again(Pool pool) {
    WaitingRoom room = rooms.of(pool.name());
    return room == null ? null : room.force(guest);
  }

  /** A turn at a pool that stands in for another, where it has room for that. */
  private Seated standIn(Pool pool, Chooser by) {
    WaitingRoom room = rooms.of(pool.name());
    if (room == null) {
      return turn(pool, null, by);
    }
    Place place = room.enterBeside(guest);
    return place == null
        ? new Refusal.Overloaded(pool.name(), Duration.ofSeconds(1))
        : turn(pool, place, by);
  }

  private Seated free(String reason, @Nullable Place place) {
    Pool own = pools.get(current);
    Seated here = turn(own, place == null ? again(own) : place, backends::seat);
    Refusal first = here instanceof Refusal refusal ? refusal : null;
    int before = current;
    while (here instanceof Refusal && current + 1 < pools.size()) {
      account.fellBack(pools.get(current), pools.get(current + 1), reason);
      current++;
      here = standIn(pools.get(current), backends::seat);
    }
    for (int i = before; here instanceof Refusal && i < pools.size(); i++) {
      Pool last = pools.get(i);
      here =
          i == before
              ? turn(last, again(last), backends::lastResort)
              : standIn(last, backends::lastResort);
      current = i;
    }
    if (current > before && here instanceof Turn) {
      admit.fellBack(pools.get(current), demand);
    }
    return here instanceof Refusal && first != null ? first : here;
  }
}
