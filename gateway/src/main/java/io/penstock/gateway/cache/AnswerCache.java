package io.penstock.gateway.cache;

import io.micrometer.core.instrument.MeterRegistry;
import io.penstock.config.Cache;
import io.penstock.config.Pool;
import io.penstock.gateway.call.CacheOutlook;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.Usage;
import io.penstock.gateway.redis.Redis;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Exact answers given again, and one upstream call for equal questions in flight. Shared by all
 * loops; it outlives reloads.
 *
 * <p>An answer is kept as the model server sent it, stream or body, and given in the form that is
 * asked for. It is kept only when it is whole: a 200, from the pool that was asked, with every
 * choice ended by the model itself. What cannot be said in the other form without a loss is a miss
 * there.
 */
public final class AnswerCache {
  /** From here on a body is hashed, and an answer read, away from the loop. */
  static final int OFF_LOOP_BYTES = 64 << 10;

  private static final int MAX_ENTRY_BYTES = 8 << 20;
  private static final Set<String> STOPPED = Set.of("\"stop\"");
  private static final Set<String> STOPPED_OR_CALLED =
      Set.of("\"stop\"", "\"tool_calls\"", "\"function_call\"");

  private final Vertx vertx;
  private final CacheMeters meters;
  private final Memory memory;
  private final AtomicLong room;
  private final AtomicLong disk;
  private final ConcurrentMap<Memory.Slot, Recording> flights = new ConcurrentHashMap<>();
  private final AtomicLong cleared = new AtomicLong();
  private final Optional<Fleet> fleet;
  private volatile Cache config;

  /**
   * @param redis the fleet's store; absent: answers are kept in this process alone
   */
  public AnswerCache(Vertx vertx, Cache config, Optional<Redis> redis, MeterRegistry registry) {
    this.vertx = vertx;
    this.config = config;
    this.meters = new CacheMeters(registry);
    this.memory = new Memory(config.memoryBytes());
    this.room = new AtomicLong(roomFor(config));
    this.disk = new AtomicLong(config.memoryBytes());
    this.fleet =
        redis.map(store -> new Fleet(vertx, store, meters, () -> this.config.isOn(), this::forget));
  }

  private static long roomFor(Cache config) {
    return config.memoryBytes() / 4;
  }

  public void reload(Cache next) {
    room.addAndGet(roomFor(next) - roomFor(config));
    disk.addAndGet(next.memoryBytes() - config.memoryBytes());
    config = next;
    memory.bound(next.memoryBytes());
  }

  private int maxEntryBytes() {
    return (int) Math.min(MAX_ENTRY_BYTES, config.memoryBytes() / 8);
  }

  /** Whether the cache has to do with a call; that alone costs nothing. */
  public Asked ask(Call call, Caller caller, Pool pool) {
    Cache now = config;
    return now.isOn() && isCacheable(call, now)
        ? new Question(call, caller, pool, now, cleared.get())
        : Asked.Bypassed.BYPASSED;
  }

  private static boolean isCacheable(Call call, Cache now) {
    boolean unused = call.directives().noCache() && call.directives().noStore();
    return !unused
        && (now.when() == Cache.When.ALWAYS
            || call.operation() == Operation.EMBEDDINGS
            || call.body().hasSeed()
            || call.body().temperature() == 0);
  }

  /** What it would do for a call. */
  public Future<CacheOutlook> peek(Call call, Caller caller, Pool pool) {
    return switch (ask(call, caller, pool)) {
      case Asked.Bypassed.BYPASSED -> Future.succeededFuture(CacheOutlook.NONE);
      case Question question ->
          key(question)
              .compose(key -> isThere(question, key))
              .map(there -> new CacheOutlook(true, there));
    };
  }

  private Future<Boolean> isThere(Question question, CacheKey key) {
    if (!question.mayRead()) {
      return Future.succeededFuture(false);
    }
    return inMemory(question, key)
        .compose(entry ->
            entry.isPresent() || fleet.isEmpty()
                ? Future.succeededFuture(entry.isPresent())
                : fleet.get().get(key, question.kind, 0).map(found -> !found.isEmpty()));
  }

  // Looking.

  /**
   * Looks an answer up. It fails never.
   *
   * @param waitedNanos what the call has waited for the fleet's store before, which counts as
   *     waited for this
   */
  public Future<Found> find(Question question, long waitedNanos) {
    return key(question)
        .compose(key -> look(question, key, waitedNanos).map(entry -> new Found(key, entry)));
  }

  private Future<CacheKey> key(Question question) {
    return question.call.body().length() < OFF_LOOP_BYTES
        ? Future.succeededFuture(question.key())
        : vertx.executeBlocking(question::key, false).map(Objects::requireNonNull);
  }

  private Future<Optional<Entry>> look(Question question, CacheKey key, long waitedNanos) {
    if (!question.mayRead()) {
      return Future.succeededFuture(Optional.empty());
    }
    return inMemory(question, key)
        .compose(entry -> {
          (entry.isPresent() ? meters.memoryHit : meters.memoryMiss).increment();
          return entry.isPresent() || fleet.isEmpty()
              ? Future.succeededFuture(entry)
              : inFleet(fleet.get(), question, key, waitedNanos);
        });
  }

  /** What is found there is here for the next time. */
  private Future<Optional<Entry>> inFleet(
      Fleet asked, Question question, CacheKey key, long waitedNanos) {
    return asked
        .get(key, question.kind, waitedNanos)
        .compose(entries -> {
          for (Entry entry : entries) {
            if (question.cleared == cleared.get()) {
              memory.put(key, entry);
            }
            if (entry.kind() == question.kind) {
              return Future.succeededFuture(Optional.of(entry));
            }
          }
          return entries.isEmpty()
              ? Future.succeededFuture(Optional.empty())
              : inOtherForm(question, entries.getFirst());
        });
  }

  private Future<Optional<Entry>> inMemory(Question question, CacheKey key) {
    Entry same = memory.get(key, question.kind);
    if (same != null) {
      return Future.succeededFuture(Optional.of(same));
    }
    Entry other = memory.get(key, question.kind.other());
    if (other == null) {
      return Future.succeededFuture(Optional.empty());
    }
    return inOtherForm(question, other);
  }

  private Future<Optional<Entry>> inOtherForm(Question question, Entry other) {
    return other.bytes().length < OFF_LOOP_BYTES
        ? Future.succeededFuture(converted(question, other))
        : vertx
            .executeBlocking(() -> converted(question, other), false)
            .map(Objects::requireNonNull);
  }

  private static Optional<Entry> converted(Question question, Entry entry) {
    byte[] bytes = Conversion.convert(question.call.operation(), entry);
    return bytes == null
        ? Optional.empty()
        : Optional.of(
            new Entry(
                question.kind,
                bytes,
                "",
                entry.pool(),
                entry.tenant(),
                entry.usage(),
                entry.microUsd(),
                entry.expiresMillis()));
  }

  /** An answer was given instead of a call. */
  public void saved(long microUsd) {
    meters.savedMicroUsd.add(microUsd);
  }

  // Calls in flight.

  /** Where a question that was not answered goes. */
  public Boarded board(Question question, CacheKey key, Recording.Reader reader) {
    if (!question.mayStore()) {
      return Boarded.Alone.ALONE;
    }
    if (!question.mayShare()) {
      return lead(recording(), reader);
    }
    Memory.Slot slot = new Memory.Slot(key, question.kind);
    while (true) {
      Recording underWay = flights.get(slot);
      if (underWay != null) {
        Recording.Place place = underWay.join(reader);
        if (place != null) {
          meters.coalesced.increment();
          return new Boarded.Follow(underWay, place);
        }
        flights.remove(slot, underWay);
      }
      Entry meanwhile = memory.get(key, question.kind);
      if (meanwhile != null) {
        return new Boarded.Hit(meanwhile);
      }
      Recording own = recording();
      Boarded led = lead(own, reader);
      if (flights.putIfAbsent(slot, own) == null) {
        return led;
      }
    }
  }

  private Recording recording() {
    return new Recording(maxEntryBytes(), room, new Spill(this::onWorker, disk));
  }

  private void onWorker(Runnable task) {
    var _ =
        vertx.executeBlocking(
            () -> {
              task.run();
              return null;
            },
            false);
  }

  private static Boarded lead(Recording own, Recording.Reader reader) {
    Recording.Place place = own.join(reader);
    if (place == null) {
      throw new IllegalStateException("a new recording refuses its first reader");
    }
    return new Boarded.Lead(own, place);
  }

  /** Nobody is to join this flight any more. */
  public void drop(Question question, CacheKey key, Recording recording) {
    flights.remove(new Memory.Slot(key, question.kind), recording);
  }

  /**
   * The answer has come to its end and is kept if it is good. Nobody else need ask for it in
   * between: until it is found here it can be joined.
   */
  public void keep(
      Question question, CacheKey key, Recording recording, Usage usage, long microUsd) {
    Recording.Head head = recording.head();
    byte[] bytes = recording.whole();
    boolean ours = head != null && head.status() == 200 && isSame(question, head);
    if (!ours || bytes == null || head == null) {
      drop(question, key, recording);
      return;
    }
    Entry entry =
        new Entry(
            question.kind,
            bytes,
            Objects.requireNonNullElse(head.headers().get("content-type"), ""),
            question.pool.name(),
            question.caller.tenant(),
            usage,
            microUsd,
            System.currentTimeMillis() + question.config.ttl().toMillis());
    if (bytes.length < OFF_LOOP_BYTES) {
      keep(question, key, recording, entry);
    } else {
      var _ =
          vertx.executeBlocking(
              () -> {
                keep(question, key, recording, entry);
                return null;
              },
              false);
    }
  }

  private static boolean isSame(Question question, Recording.Head head) {
    return head.pool().name().equals(question.pool.name());
  }

  private void keep(Question question, CacheKey key, Recording recording, Entry entry) {
    try {
      if (question.cleared == cleared.get() && isGood(question, entry)) {
        memory.put(key, entry);
        meters.stored.increment();
        fleet.ifPresent(shared -> shared.put(key, entry));
      }
    } finally {
      drop(question, key, recording);
    }
  }

  private static boolean isGood(Question question, Entry entry) {
    Set<String> reasons = question.config.toolCalls() ? STOPPED_OR_CALLED : STOPPED;
    return Conversion.isComplete(question.call.operation(), entry, question.choices(), reasons);
  }

  // Operators.

  /**
   * Forgets answers; what is in flight now will not be kept either.
   *
   * @param tenant whose calls brought them; null: all
   * @return how many of them were in memory; it fails where the fleet's store did not take it,
   *     though this process has forgotten them
   */
  public Future<Long> clear(@Nullable String tenant) {
    long removed = forget(tenant);
    return fleet
        .map(shared -> shared.clear(tenant).map(_ -> removed))
        .orElseGet(() -> Future.succeededFuture(removed));
  }

  private long forget(@Nullable String tenant) {
    cleared.incrementAndGet();
    return memory.removeIf(entry -> tenant == null || tenant.equals(entry.tenant()));
  }

  public void close() {
    fleet.ifPresent(Fleet::close);
  }

  /** Answers in memory. */
  public long count() {
    return memory.count();
  }

  /** Bytes that they take. */
  public long bytes() {
    return memory.bytes();
  }

  public long boundBytes() {
    return config.memoryBytes();
  }
}
