package io.penstock.gateway.discover;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.penstock.config.Discovery;
import io.penstock.config.Pool;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * One pool's source, looked at from time to time by a thread of its own. What cannot be had is said
 * once, until it is something else or can be had again; what was found before stays.
 */
final class Watch {
  private static final System.Logger LOG = System.getLogger(Watch.class.getName());

  private final String pool;
  private final Discovery where;
  private final Source source;
  private final Runnable changed;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final CompletableFuture<Void> looked = new CompletableFuture<>();
  private volatile List<Pool.Backend> found;
  private String complaint = "";

  /**
   * @param before what the pool has until the first look
   * @param changed told after each look that found something else
   */
  Watch(String pool, Discovery where, List<Pool.Backend> before, Runnable changed) {
    this.pool = pool;
    this.where = where;
    this.source = where.file().<Source>map(FileSource::new).orElseGet(() -> new DnsSource(where));
    this.found = before;
    this.changed = changed;
  }

  void start() {
    Thread.ofVirtual().name("penstock-discover-" + pool).start(this::run);
  }

  Discovery where() {
    return where;
  }

  List<Pool.Backend> found() {
    return found;
  }

  /** Done when it has looked once, whatever it found. */
  CompletableFuture<Void> looked() {
    return looked;
  }

  private void run() {
    try {
      do {
        if (look() && closed.getCount() > 0) {
          changed.run();
        }
        looked.complete(null);
      } while (!closed.await(pause().toNanos(), TimeUnit.NANOSECONDS));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      looked.complete(null);
      source.close();
    }
  }

  private Duration pause() {
    Duration good = source.goodFor();
    return good.compareTo(where.every()) < 0 ? good : where.every();
  }

  /** Whether something else is there now. */
  private boolean look() throws InterruptedException {
    try {
      Optional<List<Pool.Backend>> next = source.look();
      complaint = "";
      if (next.isEmpty() || next.get().equals(found)) {
        return false;
      }
      found = next.get();
      LOG.log(
          INFO,
          "pool {0}: {1} backends by {2}",
          pool,
          Integer.toString(found.size()),
          where.where());
      return true;
    } catch (Source.Unusable unusable) {
      String why = String.valueOf(unusable.getMessage());
      if (!why.equals(complaint)) {
        complaint = why;
        LOG.log(
            WARNING,
            "pool {0}: {1}; the {2} backends from before stay",
            pool,
            why,
            Integer.toString(found.size()));
      }
      return false;
    }
  }

  void close() {
    closed.countDown();
  }
}
