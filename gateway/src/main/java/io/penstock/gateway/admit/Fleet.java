package io.penstock.gateway.admit;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.penstock.config.Redis.PerLimit;
import io.penstock.gateway.redis.Redis;
import io.penstock.gateway.redis.Script;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The limits of all gateways of a fleet, in Redis: one script admits a call over all its scopes,
 * one settles it. Shared by all loops.
 *
 * <p>What a call holds is a lease with an end, which this gateway renews while the call runs; a
 * gateway that dies renews nothing. A settlement that Redis may not have had is kept and sent
 * again: who has no lease any more has been settled, so that twice is once. A reservation that was
 * not answered in time is given up in the same way, whether or not it came.
 *
 * <p>All keys have one hash tag, the prefix, and are on one node of a cluster: a script sees one
 * node's keys, and a call's scopes (its key's, its tenant's, its tier's, its pool's) overlap with
 * every other call's.
 */
final class Fleet {
  private static final Script RESERVE = script("reserve.lua");
  private static final Script SETTLE = script("settle.lua");
  private static final Script RENEW = script("renew.lua");
  private static final Script MERGE = script("merge.lua");
  private static final Script BEAT = script("beat.lua");

  private static final long TICK_MILLIS = 200;
  private static final int MOST_UNTOLD = 50_000;
  private static final int AT_ONCE = 256;
  private static final int NANOS_PER_MICRO = 1000;

  private final Redis redis;
  private final Vertx vertx;
  private final String gateway = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
  private final AtomicLong calls = new AtomicLong();
  private final AtomicLong sums = new AtomicLong();
  private final Map<String, Ticket> open = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Message> untold = new ConcurrentLinkedQueue<>();
  private final AtomicInteger untoldSize = new AtomicInteger();
  private final Counter lost;
  private final byte[] leaseMillis;
  private final byte[] cancelledKey;
  private final long timer;
  private volatile List<Scope> scopes = List.of();
  private volatile int size = 1;
  private int ticks;

  /** A settlement, as the script takes it. */
  private record Message(byte[][] keys, byte[][] arguments) {}

  /**
   * A call that asks for admission, or has it.
   *
   * @param windows the money window that counts, for each scope; 0 where there is no budget
   */
  record Ticket(String id, Scope[] scopes, Admit.Ask ask, long[] windows) {
    /** The lease's name in a scope, as the script makes it. */
    String lease(int scope) {
      return id
          + ':'
          + (scopes[scope].budget == null ? 0 : ask.maxMicroUsd())
          + ':'
          + windows[scope];
    }

    /** With the windows that the store knows, which may be ahead of this gateway's clock. */
    Ticket granted(Reply reply) {
      long[] known = windows.clone();
      for (int i = 0; i < known.length; i++) {
        known[i] = scopes[i].budget == null ? 0 : reply.windowMillis(i);
      }
      return new Ticket(id, scopes, ask, known);
    }
  }

  /** What the store said: whether, and of each scope what is taken, then. */
  record Reply(boolean admitted, List<Object> values) {
    private static final int FIELDS = 6;

    private long value(int scope, int field) {
      return (Long) values.get(1 + scope * FIELDS + field);
    }

    long requestsEmptyNanos(int scope) {
      return value(scope, 0) * NANOS_PER_MICRO;
    }

    long tokensEmptyNanos(int scope) {
      return value(scope, 1) * NANOS_PER_MICRO;
    }

    int slots(int scope) {
      return (int) value(scope, 2);
    }

    long windowMillis(int scope) {
      return value(scope, 3);
    }

    long spentMicroUsd(int scope) {
      return value(scope, 4);
    }

    long heldMicroUsd(int scope) {
      return value(scope, 5);
    }
  }

  Fleet(Redis redis, Vertx vertx, MeterRegistry meters) {
    this.redis = redis;
    this.vertx = vertx;
    leaseMillis = bytes(redis.config().lease().toMillis());
    cancelledKey = key("cancelled");
    lost =
        Counter.builder("penstock.settlements.lost")
            .description("Settlements that the store was never told; their leases run out instead")
            .register(meters);
    Gauge.builder("penstock.settlements.untold", untoldSize, AtomicInteger::get)
        .description("Settlements that wait for the store")
        .register(meters);
    Gauge.builder("penstock.fleet.gateways", this, fleet -> fleet.size)
        .description("Gateways that share the store, as last known")
        .register(meters);
    redis.onUp(this::beat);
    timer = vertx.setPeriodic(TICK_MILLIS, _ -> tick());
  }

  private static Script script(String name) {
    return Script.of(Fleet.class, "scope.lua", name);
  }

  private byte[] key(String rest) {
    return Redis.bytes('{' + redis.config().prefix() + "}:" + rest);
  }

  private static byte[] bytes(long number) {
    return Redis.bytes(Long.toString(number));
  }

  /** The scopes that there are now; those that went are told what they are owed all the same. */
  void watch(List<Scope> now) {
    List<Scope> all = new ArrayList<>(now);
    for (Scope before : scopes) {
      if (!before.owed.isNothing() && now.stream().noneMatch(one -> one.owed == before.owed)) {
        all.add(before);
      }
    }
    scopes = List.copyOf(all);
  }

  /** Scopes that came since. */
  void watchToo(List<Scope> fresh) {
    List<Scope> all = new ArrayList<>(scopes);
    all.addAll(fresh);
    scopes = List.copyOf(all);
  }

  /** On what terms this gateway decides while the store is away. */
  Terms terms() {
    PerLimit each = redis.config().onFailureOf();
    return new Terms(false, size, each);
  }

  Ticket ticket(Scope[] asked, Admit.Ask ask, long nowMillis) {
    long[] windows = new long[asked.length];
    for (int i = 0; i < asked.length; i++) {
      Budget budget = asked[i].budget;
      windows[i] = budget == null ? 0 : budget.at(nowMillis).startMillis();
    }
    return new Ticket(
        gateway + '-' + Long.toString(calls.incrementAndGet(), 36), asked, ask, windows);
  }

  /** One round trip; fails where the store does not answer in time, and then gives the call up. */
  Future<Reply> reserve(Ticket ticket) {
    Scope[] asked = ticket.scopes;
    byte[][] arguments = new byte[2 + asked.length * 8][];
    arguments[0] = Redis.bytes(ticket.id);
    arguments[1] = leaseMillis;
    int at = 2;
    for (int i = 0; i < asked.length; i++) {
      Scope scope = asked[i];
      arguments[at++] = bytes(windowMicros(scope.requests));
      arguments[at++] = bytes(costMicros(scope.requests, 1));
      arguments[at++] = bytes(windowMicros(scope.tokens));
      arguments[at++] = bytes(costMicros(scope.tokens, ticket.ask.tokens()));
      arguments[at++] = bytes(scope.slots.most());
      arguments[at++] = bytes(scope.budget == null ? -1 : scope.budget.limitMicroUsd());
      arguments[at++] = bytes(ticket.ask.maxMicroUsd());
      arguments[at++] = bytes(ticket.windows[i]);
    }
    boolean asksNow = !redis.isDown();
    return redis
        .eval(RESERVE, keys(asked), arguments)
        .map(values -> new Reply((Long) values.getFirst() == 1, values))
        .onFailure(_ -> {
          if (asksNow) {
            giveUp(ticket);
          }
        });
  }

  private byte[][] keys(Scope[] of) {
    byte[][] keys = new byte[1 + of.length * 3][];
    keys[0] = cancelledKey;
    for (int i = 0; i < of.length; i++) {
      keys[1 + i * 3] = key(of[i].id);
      keys[2 + i * 3] = key(of[i].id + ":leases");
      keys[3 + i * 3] = key(of[i].id + ":gone");
    }
    return keys;
  }

  private static long windowMicros(@Nullable TokenBucket bucket) {
    return bucket == null ? 0 : Math.ceilDiv(bucket.refill().windowNanos(), NANOS_PER_MICRO);
  }

  private static long costMicros(@Nullable TokenBucket bucket, long amount) {
    return bucket == null ? 0 : Math.ceilDiv(bucket.refill().cost(amount), NANOS_PER_MICRO);
  }

  /** The call runs: its leases are renewed until it is settled. */
  void opened(Grant grant) {
    open.put(grant.ticket.id, grant.ticket);
  }

  /** One round trip, for which nobody waits. */
  void settle(Grant grant, int requests, long tokens, long microUsd) {
    open.remove(grant.ticket.id);
    byte[][] arguments = new byte[2 + grant.ticket.scopes.length * 8][];
    arguments[0] = Redis.bytes("");
    arguments[1] = leaseMillis;
    for (int i = 0; i < grant.ticket.scopes.length; i++) {
      end(grant.ticket, i, requests, tokens, microUsd, arguments);
    }
    tell(new Message(keys(grant.ticket.scopes), arguments));
  }

  private static void end(
      Ticket grant, int i, int requests, long tokens, long microUsd, byte[][] arguments) {
    Scope scope = grant.scopes[i];
    int at = 2 + i * 8;
    boolean money = scope.budget != null;
    arguments[at] = Redis.bytes(grant.lease(i));
    arguments[at + 1] = bytes(requests == 1 ? 0 : -costMicros(scope.requests, 1));
    arguments[at + 2] = bytes(windowMicros(scope.requests));
    arguments[at + 3] =
        bytes(costMicros(scope.tokens, tokens) - costMicros(scope.tokens, grant.ask.tokens()));
    arguments[at + 4] = bytes(windowMicros(scope.tokens));
    arguments[at + 5] = bytes(money ? microUsd : 0);
    arguments[at + 6] = bytes(money ? grant.ask.maxMicroUsd() : 0);
    arguments[at + 7] = bytes(grant.windows[i]);
  }

  /** The same, for a call of which it is not known whether the store admitted it. */
  private void giveUp(Ticket ticket) {
    byte[][] arguments = new byte[2 + ticket.scopes.length * 8][];
    arguments[0] = Redis.bytes(ticket.id);
    arguments[1] = leaseMillis;
    for (int i = 0; i < ticket.scopes.length; i++) {
      end(ticket, i, 0, 0, 0, arguments);
    }
    keep(new Message(keys(ticket.scopes), arguments));
  }

  private void tell(Message message) {
    redis.eval(SETTLE, message.keys, message.arguments).onFailure(_ -> keep(message));
  }

  private void keep(Message message) {
    if (untoldSize.incrementAndGet() > MOST_UNTOLD) {
      untoldSize.decrementAndGet();
      lost.increment();
      return;
    }
    untold.add(message);
  }

  private void tick() {
    if (!redis.isUp()) {
      return;
    }
    for (int i = 0; i < AT_ONCE; i++) {
      Message message = untold.poll();
      if (message == null) {
        break;
      }
      untoldSize.decrementAndGet();
      tell(message);
    }
    for (Scope scope : scopes) {
      merge(scope);
    }
    long every = Math.max(1, redis.config().lease().toMillis() / 4 / TICK_MILLIS);
    if (ticks++ % every == 0) {
      beat();
      renew();
    }
  }

  private Future<?> merge(Scope scope) {
    Owed.Sum sum = scope.owed.next(gateway + '-' + sums.incrementAndGet());
    if (sum == null) {
      return Future.succeededFuture();
    }
    byte[][] keys = {key("merged:" + sum.name()), key(scope.id)};
    return redis
        .eval(
            MERGE,
            keys,
            leaseMillis,
            bytes(signedCost(scope.requests, sum.requests())),
            bytes(windowMicros(scope.requests)),
            bytes(signedCost(scope.tokens, sum.tokens())),
            bytes(windowMicros(scope.tokens)),
            bytes(scope.budget == null ? 0 : sum.microUsd()),
            bytes(scope.budget == null ? 0 : sum.windowStartMillis()))
        .onSuccess(_ -> scope.owed.told(sum));
  }

  private static long signedCost(@Nullable TokenBucket bucket, long amount) {
    return amount < 0 ? -costMicros(bucket, -amount) : costMicros(bucket, amount);
  }

  private void beat() {
    byte[][] keys = {key("fleet")};
    redis
        .eval(BEAT, keys, Redis.bytes(gateway), leaseMillis)
        .onSuccess(values -> size = Math.max(1, ((Long) values.getFirst()).intValue()));
  }

  private void renew() {
    Map<Scope, List<byte[]>> leases = new HashMap<>();
    for (Ticket grant : open.values()) {
      for (int i = 0; i < grant.scopes.length; i++) {
        leases
            .computeIfAbsent(grant.scopes[i], _ -> new ArrayList<>())
            .add(Redis.bytes(grant.lease(i)));
      }
    }
    leases.forEach((scope, held) -> {
      for (int from = 0; from < held.size(); from += AT_ONCE) {
        renew(scope, held.subList(from, Math.min(held.size(), from + AT_ONCE)));
      }
    });
  }

  private void renew(Scope scope, List<byte[]> held) {
    List<byte[]> arguments = new ArrayList<>();
    arguments.add(leaseMillis);
    arguments.add(bytes(windowMicros(scope.requests)));
    arguments.add(bytes(windowMicros(scope.tokens)));
    arguments.addAll(held);
    byte[][] keys = {key(scope.id), key(scope.id + ":leases"), key(scope.id + ":gone")};
    redis.eval(RENEW, keys, arguments.toArray(byte[][]::new));
  }

  /** Leaves the fleet; what is still owed to the store is told, as far as it answers. */
  Future<Void> close() {
    vertx.cancelTimer(timer);
    List<Future<?>> telling = new ArrayList<>();
    for (Message message = untold.poll(); message != null; message = untold.poll()) {
      telling.add(redis.eval(SETTLE, message.keys, message.arguments));
    }
    scopes.forEach(scope -> telling.add(merge(scope)));
    telling.add(redis.call(store -> store.zrem(key("fleet"), Redis.bytes(gateway))));
    telling.add(redis.quiet());
    return Future.join(telling).transform(_ -> Future.succeededFuture());
  }
}
