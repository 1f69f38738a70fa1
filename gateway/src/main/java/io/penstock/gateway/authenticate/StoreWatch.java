package io.penstock.gateway.authenticate;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.penstock.config.ApiKey;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Keeps a table the same as the store's keys. The store's channel tells of a change at once; a
 * message can be lost, so the version is looked at twice a second as well, which bounds how long a
 * revoked key may go on working.
 *
 * <p>While the store does not answer, the keys that are known go on working, for as long as that
 * takes: an outage of the store is not to be an outage of what it serves, and nobody can revoke a
 * key in a store that is away. A store that comes back empty is taken for one that lost its data:
 * the keys stay until something is written to it.
 */
final class StoreWatch implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(StoreWatch.class.getName());
  private static final long INTERVAL_MILLIS = 500;
  private static final long NEVER = -1;

  private final RedisKeys store;
  private final KeyTable table;
  private final Semaphore changes = new Semaphore(0);
  private volatile boolean closed;
  private volatile boolean up;
  private volatile boolean loaded;
  private long version = NEVER;
  private boolean complained;
  private boolean emptied;

  StoreWatch(RedisKeys store, KeyTable table) {
    this.store = store;
    this.table = table;
  }

  void start() {
    store.onChange(changes::release);
    Thread.ofVirtual().name("penstock-keys-store").start(this::watch);
  }

  RedisKeys store() {
    return store;
  }

  /** Whether the store answered when it was asked last. */
  boolean up() {
    return up;
  }

  /** Whether its keys were ever read. */
  boolean loaded() {
    return loaded;
  }

  private void watch() {
    try {
      while (!closed) {
        look();
        var _ = changes.tryAcquire(INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
        changes.drainPermits();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void look() {
    try {
      follow(store.version());
      if (!up) {
        complained = false;
        LOG.log(INFO, "keys: the store answers; {0} keys", Integer.toString(table.size()));
      }
      up = true;
      loaded = true;
    } catch (KeyStore.Unavailable gone) {
      if (!closed && !complained) {
        LOG.log(
            WARNING,
            "keys: {0}; the {1} known ones go on working, revocations cannot arrive",
            gone.getMessage(),
            Integer.toString(table.size()));
      }
      complained = true;
      up = false;
    }
  }

  private void follow(Optional<Long> now) {
    if (now.isEmpty()) {
      if (version > 0 && !emptied) {
        emptied = true;
        LOG.log(
            WARNING,
            "keys: the store has none any more, as if it had lost its data; the {0} known ones"
                + " stay",
            Integer.toString(table.size()));
      }
      return;
    }
    emptied = false;
    long next = now.get();
    if (next == version) {
      return;
    }
    if (version == NEVER || next < version || next - version > RedisKeys.MOST_CHANGES) {
      List<ApiKey> all = store.list();
      table.replaceAll(all);
    } else {
      store
          .changedSince(version)
          .forEach((id, key) -> key.ifPresentOrElse(table::put, () -> table.remove(id)));
    }
    version = next;
  }

  @Override
  public void close() {
    closed = true;
    changes.release();
  }
}
