package io.penstock.gateway.cache;

import io.lettuce.core.KeyValue;
import io.lettuce.core.SetArgs;
import io.penstock.gateway.redis.Redis;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The second level: the answers that gateways share in Redis. A look-up is one round trip for both
 * forms of an answer, and equal look-ups share it; it takes no longer than the store's time-out,
 * and what goes wrong there is a miss.
 *
 * <p>Clearing counts a generation up, of all or of one tenant, in a hash that every gateway reads
 * once a second. An answer carries the generations in which it was kept and is of no use in others.
 */
final class Fleet {
  private static final byte[] GENERATIONS = Redis.bytes("penstock:cache:generations");
  private static final String ALL = "*";
  private static final long POLL_MILLIS = 1_000;

  /** By as much the store's calls end before their time-out, to be within it. */
  private static final long SLIGHT_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** A larger one would hold up what else a loop asks of Redis. */
  private static final int MAX_BYTES = 512 << 10;

  private final Vertx vertx;
  private final Redis redis;
  private final CacheMeters meters;
  private final BooleanSupplier isUsed;
  private final Consumer<@Nullable String> cleared;
  private final ConcurrentMap<CacheKey, Future<List<Entry>>> pending = new ConcurrentHashMap<>();
  private final long poll;

  /** Null until they were read once; without them nothing here is asked. */
  private volatile @Nullable Map<String, Long> generations;

  /**
   * @param isUsed whether there is a cache at all, as a reload may change it
   * @param cleared told that some gateway has cleared the answers of a tenant, or of all
   */
  Fleet(
      Vertx vertx,
      Redis redis,
      CacheMeters meters,
      BooleanSupplier isUsed,
      Consumer<@Nullable String> cleared) {
    this.vertx = vertx;
    this.isUsed = isUsed;
    this.redis = redis;
    this.meters = meters;
    this.cleared = cleared;
    redis.onUp(this::poll);
    poll = vertx.setPeriodic(POLL_MILLIS, _ -> poll());
    poll();
  }

  void close() {
    vertx.cancelTimer(poll);
  }

  // Answers.

  private static byte[] name(CacheKey key, Entry.Kind kind) {
    return Redis.bytes(
        "penstock:cache:{" + key.hex() + (kind == Entry.Kind.STREAM ? "}:s" : "}:w"));
  }

  /**
   * The forms of an answer that are there, the one that is asked for first. It fails never, and is
   * nothing where it would take the call's whole wait for the store beyond its time-out.
   */
  Future<List<Entry>> get(CacheKey key, Entry.Kind kind, long waitedNanos) {
    Map<String, Long> now = generations;
    long timeoutNanos = redis.config().timeout().toNanos();
    long slightNanos = Math.min(timeoutNanos / 2, SLIGHT_NANOS);
    long leftNanos = timeoutNanos - waitedNanos;
    if (now == null || leftNanos <= slightNanos) {
      return Future.succeededFuture(List.of());
    }
    Promise<List<Entry>> here = ((ContextInternal) vertx.getOrCreateContext()).promise();
    Promise<List<Entry>> mine = Promise.promise();
    Future<List<Entry>> others = pending.putIfAbsent(key, mine.future());
    if (others == null) {
      fetch(key, now)
          .onComplete(done -> {
            pending.remove(key, mine.future());
            mine.complete(done.succeeded() ? done.result() : List.of());
          });
    }
    (others == null ? mine.future() : others).onComplete(found -> here.tryComplete(found.result()));
    if (waitedNanos > slightNanos && !here.future().isComplete()) {
      endAfter(leftNanos, here);
    }
    return here.future().map(found -> found.stream().sorted((a, b) -> order(a, b, kind)).toList());
  }

  /** The store bounds each call by itself; one that has waited before has less left. */
  private void endAfter(long nanos, Promise<List<Entry>> answer) {
    long millis = Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos));
    long timer = vertx.setTimer(millis, _ -> answer.tryComplete(List.of()));
    answer.future().onComplete(_ -> vertx.cancelTimer(timer));
  }

  private static int order(Entry a, Entry b, Entry.Kind first) {
    return Boolean.compare(b.kind() == first, a.kind() == first);
  }

  private Future<List<Entry>> fetch(CacheKey key, Map<String, Long> now) {
    return redis
        .call(store -> store.mget(name(key, Entry.Kind.STREAM), name(key, Entry.Kind.WHOLE)))
        .compose(values -> read(values, now))
        .onComplete(done -> {
          if (done.failed()) {
            meters.redisError.increment();
          } else {
            (done.result().isEmpty() ? meters.redisMiss : meters.redisHit).increment();
          }
        });
  }

  private Future<List<Entry>> read(List<KeyValue<byte[], byte[]>> values, Map<String, Long> now) {
    List<byte[]> there = new ArrayList<>();
    int bytes = 0;
    for (KeyValue<byte[], byte[]> value : values) {
      if (value.hasValue()) {
        there.add(value.getValue());
        bytes += value.getValue().length;
      }
    }
    return bytes < AnswerCache.OFF_LOOP_BYTES / 4
        ? Future.succeededFuture(entries(there, now))
        : vertx.executeBlocking(() -> entries(there, now), false).map(Objects::requireNonNull);
  }

  private static List<Entry> entries(List<byte[]> values, Map<String, Long> now) {
    List<Entry> entries = new ArrayList<>();
    for (byte[] value : values) {
      Packed packed = Packed.read(value);
      if (packed != null
          && packed.entry().expiresMillis() > System.currentTimeMillis()
          && packed.allGeneration() == of(now, ALL)
          && packed.tenantGeneration() == of(now, field(packed.entry().tenant()))) {
        entries.add(packed.entry());
      }
    }
    return entries;
  }

  /** Keeps an answer for the others; whether that succeeds is of no matter to any call. */
  void put(CacheKey key, Entry entry) {
    Map<String, Long> now = generations;
    long left = entry.expiresMillis() - System.currentTimeMillis();
    if (now == null || left <= 0 || !redis.isUp()) {
      return;
    }
    Packed packed = new Packed(entry, of(now, ALL), of(now, field(entry.tenant())));
    var _ =
        vertx
            .executeBlocking(packed::bytes, false)
            .map(Objects::requireNonNull)
            .compose(bytes ->
                bytes.length > MAX_BYTES
                    ? Future.<@Nullable String>succeededFuture()
                    : redis.call(store ->
                        store.set(name(key, entry.kind()), bytes, SetArgs.Builder.px(left))));
  }

  // Clearing.

  private static String field(String tenant) {
    return "t:" + tenant;
  }

  private static long of(Map<String, Long> generations, String field) {
    return generations.getOrDefault(field, 0L);
  }

  /** Has every gateway forget what it kept so far. */
  Future<Long> clear(@Nullable String tenant) {
    String field = tenant == null ? ALL : field(tenant);
    return redis
        .call(store -> store.hincrby(GENERATIONS, Redis.bytes(field), 1))
        .onSuccess(generation -> {
          Map<String, Long> before = generations;
          if (before != null) {
            Map<String, Long> next = new HashMap<>(before);
            next.put(field, generation);
            generations = Map.copyOf(next);
          }
        });
  }

  private void poll() {
    if (isUsed.getAsBoolean()) {
      redis.call(store -> store.hgetall(GENERATIONS)).onSuccess(this::polled);
    }
  }

  private void polled(Map<byte[], byte[]> read) {
    Map<String, Long> next = new HashMap<>();
    read.forEach((field, count) -> next.put(Redis.text(field), Long.parseLong(Redis.text(count))));
    Map<String, Long> before = generations;
    generations = Map.copyOf(next);
    if (before == null) {
      return;
    }
    before.forEach((field, count) -> next.putIfAbsent(field, 0L));
    next.forEach((field, count) -> {
      if (count != of(before, field)) {
        cleared.accept(field.equals(ALL) ? null : field.substring(2));
      }
    });
  }
}
