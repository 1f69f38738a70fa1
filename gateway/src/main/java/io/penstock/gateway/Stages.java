package io.penstock.gateway;

import io.penstock.config.Hedge;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.gateway.accept.Accept;
import io.penstock.gateway.account.Account;
import io.penstock.gateway.admit.Admit;
import io.penstock.gateway.authenticate.Authenticator;
import io.penstock.gateway.cache.AnswerCache;
import io.penstock.gateway.call.CacheOutlook;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Route;
import io.penstock.gateway.call.Seated;
import io.penstock.gateway.call.Turn;
import io.penstock.gateway.capacity.Capacities;
import io.penstock.gateway.choose.Backends;
import io.penstock.gateway.choose.Prefix;
import io.penstock.gateway.choose.Router;
import io.penstock.gateway.classify.Classifier;
import io.penstock.gateway.cost.Cost;
import io.penstock.gateway.cost.Replicas;
import io.penstock.gateway.dryrun.Decision;
import io.penstock.gateway.dryrun.DryRun;
import io.penstock.gateway.dryrun.Standing;
import io.penstock.gateway.expect.Expectations;
import io.penstock.gateway.queue.Guest;
import io.penstock.gateway.queue.Rooms;
import io.penstock.gateway.queue.WaitingRoom;
import io.penstock.gateway.trace.Tracing;
import io.penstock.gateway.upstream.AnswerSink;
import io.penstock.gateway.upstream.Bodies;
import io.penstock.gateway.upstream.Hedging;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.zip.CRC32C;

/**
 * The stages as one config wants them, shared by all loops. What must outlive a reload (limits,
 * backends, the account) is passed on from one to the next; the rest is made anew.
 *
 * @param config what they were made from
 * @param dryRun whether every call is a dry run
 */
record Stages(
    PenstockConfig config,
    boolean dryRun,
    Accept accept,
    Authenticator authenticator,
    Classifier classifier,
    Router router,
    Expectations expectations,
    Admit admit,
    AnswerCache cache,
    Backends backends,
    Capacities capacities,
    Rooms rooms,
    Bodies bodies,
    Cost cost,
    Replicas replicas,
    DryRun rehearsals,
    Tracing tracing,
    Account account) {
  private static final double NANOS_PER_SECOND = 1e9;

  /**
   * Where a call may be sent: its pool, and the pools that it falls back to. Those must be pools of
   * the caller's tier that can take the call, and have the same model where the caller named one.
   */
  Fallbacks places(Call call, Caller caller, Demand demand, Route route) {
    List<Pool> pools = new ArrayList<>(1 + route.pool().fallback().size());
    pools.add(route.pool());
    for (String name : route.pool().fallback()) {
      Pool pool = config.pools().get(name);
      if (pool != null
          && router.mayTake(pool, route.pool(), call, caller, demand)
          && admit.hasRoom(pool, demand)) {
        pools.add(pool);
      }
    }
    capacities.arrived(route.pool());
    Guest guest = guest(call, caller, demand, 0);
    return new Fallbacks(
        backends, account, capacities, admit, rooms, demand, guest, pools, Prefix.of(call), cost);
  }

  /** Who asks a room; what it asks is looked at only where it does not get in at once. */
  private static Guest guest(Call call, Caller caller, Demand demand, long question) {
    double tokens = (double) demand.promptTokens() + demand.completionExpected();
    return new Guest(
        caller.tier(),
        caller.tenant(),
        tokens,
        demand.promptTokens(),
        call.body().stream(),
        question);
  }

  private static long question(Call call) {
    var sum = new CRC32C();
    int length = call.body().length();
    sum.update(call.body().bytes(), 0, length);
    return ((long) length << 32) | sum.getValue();
  }

  /** The first place for a call, once there is one. */
  Future<Seated> firstPlace(
      Fallbacks places, Call call, Caller caller, Demand demand, Route route) {
    return places.first(room ->
        new Standby(
            rooms,
            room,
            account,
            cost,
            call,
            demand,
            guest(call, caller, demand, question(call)),
            route.pool(),
            router.whenBusy(route.pool(), call, caller, demand).stream()
                .filter(pool -> admit.hasRoom(pool, demand))
                .toList(),
            places::seat));
  }

  /** Whether, and when, a stream's first token is asked of a second server, too. */
  Hedging hedging(Call call, Caller caller, Demand demand, Turn turn, Supplier<AnswerSink> judge) {
    Hedge hedge = turn.pool().resilience().hedge();
    if (!call.body().stream()
        || turn.pool().backends().size() < 2
        || !hedge.of(caller.tier().priority())) {
      return Hedging.NONE;
    }
    long after =
        hedge.after().isPositive()
            ? hedge.after().toNanos()
            : replicas
                .of(turn.pool())
                .map(replica ->
                    replica.expect(
                        demand.promptTokens(),
                        demand.completionExpected(),
                        turn.inFlightAtDispatch() - 1))
                .map(expected -> Math.round(expected.ttft().p95() * NANOS_PER_SECOND))
                .orElse(0L);
    return new Hedging(after, judge);
  }

  /** The demand, with the length of the answer as the route's model usually gives it. */
  Demand expecting(Call call, Caller caller, Demand demand, Route route) {
    return expectations.refine(call, caller.tenant(), demand, route.pool().model());
  }

  /** Whether a call is to be answered with its decision, and sent nowhere. */
  boolean isRehearsal(Call call) {
    return dryRun || call.directives().dryRun();
  }

  /** The decision on a call, from the stages that would decide on it in earnest. */
  Future<byte[]> rehearse(Call call, Caller caller, Demand demand, Route route) {
    return cache
        .peek(call, caller, route.pool())
        .map(outlook -> rehearse(call, caller, demand, route, outlook));
  }

  private byte[] rehearse(
      Call call, Caller caller, Demand demand, Route route, CacheOutlook outlook) {
    long maxMicroUsd = maxMicroUsd(call, caller, demand, route);
    Prefix prefix = Prefix.of(call);
    return rehearsals.answer(
        new Decision(
            call,
            caller,
            demand,
            route,
            admit.wouldAdmit(caller, route.pool(), demand, maxMicroUsd),
            admit.peek(caller),
            outlook,
            pool -> standing(pool, prefix, guest(call, caller, demand, 0))));
  }

  private Standing standing(Pool pool, Prefix prefix, Guest guest) {
    return backends
        .peek(pool, prefix)
        .map(next ->
            new Standing(
                Optional.of(next.backend().id()),
                next.why(),
                next.inFlight(),
                next.ttftSeconds(),
                next.tpotSeconds(),
                expectations.firstToken(pool.name()),
                capacities.firstTokens(pool.name()),
                expectations.tokensPerEstimated(guest.tenant(), pool.name()),
                expectations.cachedShare(guest.tenant(), pool.name()),
                waitSeconds(pool, guest)))
        .orElse(Standing.UNKNOWN);
  }

  private double waitSeconds(Pool pool, Guest guest) {
    WaitingRoom room = rooms.of(pool.name());
    return room == null ? 0 : room.waitNanos(guest) / NANOS_PER_SECOND;
  }

  /** What a call can cost at most; asked only where there is a budget that it could overrun. */
  long maxMicroUsd(Call call, Caller caller, Demand demand, Route route) {
    return caller.tier().budget().isEmpty()
        ? 0
        : cost.maxMicroUsd(route.pool(), call, demand).orElse(0);
  }
}
