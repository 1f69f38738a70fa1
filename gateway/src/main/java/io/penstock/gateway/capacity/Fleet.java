package io.penstock.gateway.capacity;

import static java.lang.System.Logger.Level.WARNING;

import io.penstock.gateway.redis.Redis;
import io.penstock.gateway.redis.Script;
import io.penstock.planner.autoscale.Target;
import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The gateways that share a store, and so the servers of their pools. With each look a gateway
 * tells what it saw and hears what the others did, in one round trip that nobody waits for: what it
 * hears counts from the next look on.
 *
 * <p>One leads, by a lease that each of its looks renews: its targets are the fleet's, so that all
 * say the same number; every gateway works them out all the same, to lead when the lease has run
 * out. While the store does not answer, each multiplies its own load by the fleet's last known
 * size, and says its own number; who led then goes on acting, but upwards only.
 */
final class Fleet {
  private static final System.Logger LOG = System.getLogger(Fleet.class.getName());
  private static final Script LOOK = Script.of(Fleet.class, "look.lua");
  private static final Script LEAVE = Script.of(Fleet.class, "leave.lua");

  /** Five looks. */
  private static final byte[] HOLDS_MILLIS = Redis.bytes("10000");

  private final Redis redis;
  private final String name = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
  private Map<String, Map<String, Seen>> gateways = Map.of();
  private final Map<String, Double> arrived = new HashMap<>();
  private int size = 1;
  private boolean reached;
  private boolean leads;
  private Map<String, Target> agreed = Map.of();

  Fleet(Redis redis) {
    this.redis = redis;
  }

  private byte[][] keys() {
    String prefix = '{' + redis.config().prefix() + "}:capacity:";
    return new byte[][] {Redis.bytes(prefix + "seen"), Redis.bytes(prefix + "leader")};
  }

  synchronized boolean leads() {
    return leads;
  }

  /** Whether the store answered the last look. */
  synchronized boolean reached() {
    return reached;
  }

  synchronized Optional<Target> agreed(String pool) {
    return reached && !leads ? Optional.ofNullable(agreed.get(pool)) : Optional.empty();
  }

  /** What the others saw since this was last asked. */
  synchronized Others others(String pool) {
    if (!reached) {
      return new Others(List.of(), 0, size, Optional.empty());
    }
    Double came = arrived.remove(pool);
    List<Seen> seen =
        gateways.entrySet().stream()
            .filter(each -> !each.getKey().equals(name))
            .flatMap(each -> Optional.ofNullable(each.getValue().get(pool)).stream())
            .toList();
    return new Others(seen, came == null ? 0 : came, 1, agreed(pool));
  }

  /** Tells what this gateway saw, by pool. */
  void tell(Map<String, Seen> seen) {
    var json = new JsonObject();
    seen.forEach((pool, each) -> json.put(pool, each.json()));
    redis
        .eval(LOOK, keys(), Redis.bytes(name), HOLDS_MILLIS, Redis.bytes(json.encode()))
        .onSuccess(this::heard)
        .onFailure(_ -> lost());
  }

  private synchronized void lost() {
    reached = false;
    gateways = Map.of();
    arrived.clear();
  }

  private synchronized void heard(List<Object> answer) {
    String leader = text(answer.getFirst());
    Map<String, Map<String, Seen>> next = new HashMap<>();
    for (int i = 1; i + 1 < answer.size(); i += 2) {
      next.put(text(answer.get(i)), pools(text(answer.get(i + 1))));
    }
    next.forEach((gateway, pools) -> {
      if (!gateway.equals(name)) {
        pools.forEach((pool, seen) -> count(pool, seen, gateways.get(gateway)));
      }
    });
    gateways = next;
    size = Math.max(1, next.size());
    reached = true;
    leads = leader.equals(name);
    agreed = targets(next.getOrDefault(leader, Map.of()));
  }

  /** What a gateway had before this one heard of it does not count. */
  private void count(String pool, Seen seen, @Nullable Map<String, Seen> before) {
    Seen known = before == null ? null : before.get(pool);
    if (known != null) {
      arrived.merge(pool, (double) Math.max(0, seen.arrived() - known.arrived()), Double::sum);
    }
  }

  private static Map<String, Target> targets(Map<String, Seen> leaders) {
    Map<String, Target> targets = new HashMap<>();
    leaders.forEach((pool, seen) -> seen.target().ifPresent(each -> targets.put(pool, each)));
    return targets;
  }

  private static Map<String, Seen> pools(String json) {
    Map<String, Seen> pools = new HashMap<>();
    try {
      var read = new JsonObject(json);
      read.fieldNames().forEach(pool -> pools.put(pool, Seen.of(read.getJsonObject(pool))));
    } catch (RuntimeException other) {
      LOG.log(WARNING, "capacity: what another gateway saw cannot be read; is it another release?");
    }
    return pools;
  }

  private static String text(Object bytes) {
    return Redis.text((byte[]) bytes);
  }

  /** Leaves, so that another may lead at once. */
  Future<Void> leave() {
    return redis.eval(LEAVE, keys(), Redis.bytes(name)).transform(_ -> Future.succeededFuture());
  }
}
