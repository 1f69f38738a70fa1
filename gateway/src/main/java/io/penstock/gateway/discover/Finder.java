package io.penstock.gateway.discover;

import io.penstock.config.Discovery;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * The pools whose servers are looked up. A config as it is written names no server of such a pool;
 * {@link #found} is the same config with those that were found so far, and each time that they are
 * others somebody is told.
 */
public final class Finder {
  private final Runnable changed;
  private Map<String, Watch> watches = Map.of();

  /**
   * @param changed told when something else was found, by a thread that may block
   */
  public Finder(Runnable changed) {
    this.changed = changed;
  }

  /**
   * Looks where this config says, from now on.
   *
   * @param now the config in force: a pool keeps what it has there until it was looked up
   */
  public synchronized void follow(PenstockConfig written, PenstockConfig now) {
    Map<String, Watch> next = new HashMap<>();
    for (Pool pool : written.pools().values()) {
      pool.discover().ifPresent(where -> next.put(pool.name(), watch(pool.name(), where, now)));
    }
    Map<String, Watch> before = watches;
    watches = Map.copyOf(next);
    before.forEach((pool, watch) -> {
      if (next.get(pool) != watch) {
        watch.close();
      }
    });
    next.forEach((pool, watch) -> {
      if (before.get(pool) != watch) {
        watch.start();
      }
    });
  }

  private Watch watch(String name, Discovery where, PenstockConfig now) {
    Watch before = watches.get(name);
    if (before != null && before.where().equals(where)) {
      return before;
    }
    Pool pool = now.pools().get(name);
    return new Watch(name, where, pool == null ? List.of() : pool.backends(), changed);
  }

  /** Done when every pool that is followed was looked up once, whatever was found. */
  public synchronized CompletableFuture<Void> looked() {
    return CompletableFuture.allOf(
        watches.values().stream().map(Watch::looked).toArray(CompletableFuture<?>[]::new));
  }

  /** A config with the servers that are known now. */
  public synchronized PenstockConfig found(PenstockConfig written) {
    PenstockConfig found = written;
    for (Map.Entry<String, Watch> each : watches.entrySet()) {
      Pool pool = written.pools().get(each.getKey());
      if (pool != null && pool.discover().isPresent()) {
        found = found.with(pool.with(each.getValue().found()));
      }
    }
    return found;
  }

  public synchronized void close() {
    watches.values().forEach(Watch::close);
    watches = Map.of();
  }
}
