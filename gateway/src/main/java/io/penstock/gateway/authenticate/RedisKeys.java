package io.penstock.gateway.authenticate;

import io.lettuce.core.KeyValue;
import io.lettuce.core.MapScanCursor;
import io.lettuce.core.Range;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.penstock.config.ApiKey;
import io.penstock.gateway.redis.Redis;
import io.penstock.gateway.redis.Script;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Keys in Redis: a hash from the id to the key's line, a version that grows with every change, and
 * the ids in the order in which they changed, so that a gateway asks only for what is new to it. A
 * change is one script, and tells a channel. All of it is in one slot of a cluster. The version
 * begins with the time, so that a store that lost its data does not come to a version again that it
 * had before.
 *
 * <p>Its methods wait. An answer that did not come in time is asked for again for a while: adding
 * the same key twice is adding it once.
 */
final class RedisKeys implements KeyStore {
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(3);
  private static final long PAUSE_MILLIS = 50;
  private static final int PAGE = 500;

  /** Of the changes so many are remembered; a gateway that missed half of them reads all keys. */
  static final int MOST_CHANGES = 50_000;

  private static final Script CHANGE =
      new Script(
          """
          local old = redis.call('HGET', KEYS[1], ARGV[2])
          if ARGV[1] == 'add' then
            if old and old ~= ARGV[3] then return {0} end
          elseif not old then
            return {0}
          end
          if ARGV[1] == 'revoke' then
            redis.call('HDEL', KEYS[1], ARGV[2])
          else
            redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
          end
          redis.call('SETNX', KEYS[3], redis.call('TIME')[1] .. '000000')
          local version = redis.call('INCR', KEYS[3])
          redis.call('ZADD', KEYS[2], version, ARGV[2])
          redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -%d)
          redis.call('PUBLISH', ARGV[4], ARGV[2])
          return {1}
          """
              .formatted(2 * MOST_CHANGES + 1));

  private final Redis redis;
  private final byte[] hash;
  private final byte[] log;
  private final byte[] version;
  private final String channel;
  private final Runnable closing;

  /**
   * @param closing what is let go of with this
   */
  RedisKeys(Redis redis, Runnable closing) {
    String name = "{" + redis.config().prefix() + ":keys}";
    this.redis = redis;
    this.hash = Redis.bytes(name);
    this.log = Redis.bytes(name + ":log");
    this.version = Redis.bytes(name + ":version");
    this.channel = redis.config().prefix() + ":keys";
    this.closing = closing;
  }

  @Override
  public String name() {
    return "Redis";
  }

  /** Calls a listener at every change, on a thread that must not be held up. */
  void onChange(Runnable listener) {
    redis.subscribe(channel, _ -> listener.run());
  }

  /** How many changes there were; empty where nothing was ever in it. */
  Optional<Long> version() {
    byte[] text = ask(commands -> commands.get(version));
    return Optional.ofNullable(text).map(Redis::text).map(Long::parseLong);
  }

  /** The keys that changed after a version, by id; empty where they are gone. */
  Map<String, Optional<ApiKey>> changedSince(long before) {
    var range = Range.<Number>from(Range.Boundary.excluding(before), Range.Boundary.unbounded());
    List<byte[]> ids = ask(commands -> commands.zrangebyscore(log, range));
    var changed = new HashMap<String, Optional<ApiKey>>();
    for (int from = 0; from < ids.size(); from += PAGE) {
      byte[][] page = ids.subList(from, Math.min(from + PAGE, ids.size())).toArray(byte[][]::new);
      List<KeyValue<byte[], byte[]>> lines = ask(commands -> commands.hmget(hash, page));
      lines.forEach(line ->
          changed.put(
              Redis.text(line.getKey()),
              line.hasValue() ? read(line.getValue()) : Optional.empty()));
    }
    return changed;
  }

  @Override
  public List<ApiKey> list() {
    var seen = new HashMap<String, ApiKey>();
    ScanCursor at = ScanCursor.INITIAL;
    do {
      ScanCursor from = at;
      MapScanCursor<byte[], byte[]> page =
          ask(commands -> commands.hscan(hash, from, ScanArgs.Builder.limit(PAGE)));
      page.getMap().values().forEach(line -> read(line).ifPresent(key -> seen.put(key.id(), key)));
      at = page;
    } while (!at.isFinished());
    var keys = new ArrayList<>(seen.values());
    keys.sort(Comparator.comparing(ApiKey::id));
    return keys;
  }

  /** A line that cannot be read is no key. */
  private static Optional<ApiKey> read(byte[] line) {
    try {
      return Optional.of(KeyLine.read(Redis.text(line)));
    } catch (IllegalArgumentException _) {
      return Optional.empty();
    }
  }

  @Override
  public Optional<ApiKey> find(String id) {
    byte[] line = ask(commands -> commands.hget(hash, Redis.bytes(id)));
    return Optional.ofNullable(line).flatMap(RedisKeys::read);
  }

  @Override
  public boolean add(ApiKey key) {
    return change("add", key.id(), KeyLine.write(key));
  }

  @Override
  public boolean change(ApiKey key) {
    return change("change", key.id(), KeyLine.write(key));
  }

  /** Asked again after an answer that was lost, the script would say that there is none. */
  @Override
  public boolean revoke(String id) {
    byte[] line = ask(commands -> commands.hget(hash, Redis.bytes(id)));
    if (line == null) {
      return false;
    }
    change("revoke", id, "");
    return true;
  }

  private boolean change(String what, String id, String line) {
    List<Object> answer =
        patiently(() ->
            redis.eval(
                CHANGE,
                new byte[][] {hash, log, version},
                Redis.bytes(what),
                Redis.bytes(id),
                Redis.bytes(line),
                Redis.bytes(channel)));
    return answer.getFirst().equals(1L);
  }

  private <T> T ask(
      Function<RedisClusterAsyncCommands<byte[], byte[]>, CompletionStage<T>> command) {
    return patiently(() -> redis.call(command));
  }

  /**
   * Asks from a thread of its own: an answer comes on the asking thread's context, and where that
   * is the one that waits here, it would never come.
   */
  private static <T> T patiently(Supplier<Future<T>> asking) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (true) {
      try {
        var answer = new CompletableFuture<T>();
        Thread.startVirtualThread(() ->
            asking.get().onSuccess(answer::complete).onFailure(answer::completeExceptionally));
        return answer.join();
      } catch (CompletionException failed) {
        if (System.nanoTime() > end) {
          throw new Unavailable("Redis does not answer: " + failed.getCause());
        }
        pause();
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      throw new Unavailable("interrupted while Redis was asked");
    }
  }

  @Override
  public void close() {
    closing.run();
  }
}
