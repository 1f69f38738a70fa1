package io.penstock.gateway;

import io.penstock.config.Pool;
import io.penstock.config.Slo;
import io.penstock.config.Tier;
import io.penstock.gateway.account.Account;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Refusal;
import io.penstock.gateway.call.Seated;
import io.penstock.gateway.cost.Cost;
import io.penstock.gateway.queue.Full;
import io.penstock.gateway.queue.Guest;
import io.penstock.gateway.queue.Place;
import io.penstock.gateway.queue.Rooms;
import io.penstock.gateway.queue.Waiter;
import io.penstock.gateway.queue.WaitingRoom;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * A call whose pool has no place for it now. Where the wait is likely to keep the pool's SLO it
 * waits; otherwise its tier says: it goes to another pool of the tier that has a place, or waits as
 * long as it may, or is refused with the time at which to come back. All on the call's loop but
 * what the room tells.
 */
final class Standby implements Waiter.Called {
  /** A wait that keeps the promise of a pool that promises none. */
  private static final Duration USUAL_PATIENCE = Duration.ofSeconds(1);

  private final Context context = Objects.requireNonNull(Vertx.currentContext());
  private final Promise<Seated> seated = Promise.promise();
  private final Rooms rooms;
  private final WaitingRoom room;
  private final Account account;
  private final Cost cost;
  private final Call call;
  private final Demand demand;
  private final Guest guest;
  private final Pool pool;
  private final List<Pool> others;
  private final BiFunction<Pool, Place, Seated> seat;
  private final long beganNanos = System.nanoTime();
  private @Nullable Waiter waiter;
  private boolean left;

  /**
   * @param others where the tier sends it instead
   * @param seat gives a turn at a pool to who has a place there
   */
  Standby(
      Rooms rooms,
      WaitingRoom room,
      Account account,
      Cost cost,
      Call call,
      Demand demand,
      Guest guest,
      Pool pool,
      List<Pool> others,
      BiFunction<Pool, Place, Seated> seat) {
    this.rooms = rooms;
    this.room = room;
    this.account = account;
    this.cost = cost;
    this.call = call;
    this.demand = demand;
    this.guest = guest;
    this.pool = pool;
    this.others = others;
    this.seat = seat;
  }

  Future<Seated> seek() {
    long patience = Math.min(patienceNanos(pool.slo()), leftNanos());
    if (room.waitNanos(guest) <= patience) {
      await(patience);
    } else {
      elsewhere();
    }
    return seated.future();
  }

  /** The client is gone. */
  void leave() {
    left = true;
    if (waiter != null) {
      var _ = waiter.leave();
    }
  }

  /** Half of what the pool promises; the other half is its servers'. */
  static long patienceNanos(Slo slo) {
    return slo.ttft().isPositive() ? slo.ttft().toNanos() / 2 : USUAL_PATIENCE.toNanos();
  }

  /** How long it may wait from now on: as its client says, else as its pool does. */
  private long leftNanos() {
    long deadline = call.directives().deadlineMillis();
    long now = System.nanoTime();
    if (deadline > 0) {
      return Math.min(
          TimeUnit.MILLISECONDS.toNanos(deadline) - (now - call.startNanos()),
          room.terms().maxWait().toNanos() - (now - beganNanos));
    }
    long most =
        guest.tier().whenBusy() == Tier.WhenBusy.WAIT
            ? room.terms().maxWait().toNanos()
            : patienceNanos(pool.slo());
    return most - (now - beganNanos);
  }

  private void await(long withinNanos) {
    switch (room.await(guest, withinNanos, this)) {
      case Place place -> take(pool, place);
      case Waiter waits -> waiter = waits;
      case Full full -> refuse(full);
    }
  }

  private void elsewhere() {
    for (Pool other : others) {
      WaitingRoom there = rooms.of(other.name());
      Place place = there == null ? null : there.enterBeside(guest);
      if (place != null) {
        divert(other, place);
        return;
      }
    }
    long within = leftNanos();
    if (within > 0) {
      await(within);
    } else {
      refuse(room.refuse(guest));
    }
  }

  private void divert(Pool other, Place place) {
    boolean upgrade = guest.tier().whenBusy() == Tier.WhenBusy.UPGRADE;
    account.fellBack(pool, other, upgrade ? "busy_upgrade" : "busy_degrade");
    if (upgrade) {
      long here =
          cost.expectedMicroUsd(pool, demand, Math.max(1, pool.backends().size())).orElse(0);
      long there = cost.expectedMicroUsd(other, demand, 1).orElse(0);
      account.upgraded(guest.tier(), pool, other, Math.max(0, there - here));
    }
    take(other, place);
  }

  private void take(Pool at, Place place) {
    account.queued(guest.tier(), pool, System.nanoTime() - beganNanos);
    seated.tryComplete(seat.apply(at, place));
  }

  private void refuse(Full full) {
    seated.tryComplete(
        new Refusal.Overloaded(pool.name(), Duration.ofNanos(Math.max(1, full.retryNanos()))));
  }

  // From whichever thread lets it in or sends it away.

  @Override
  public void placed(Place place) {
    context.runOnContext(_ -> {
      if (left) {
        place.abandon();
      } else {
        take(pool, place);
      }
    });
  }

  @Override
  public void dismissed() {
    context.runOnContext(_ -> {
      if (!left) {
        elsewhere();
      }
    });
  }
}
