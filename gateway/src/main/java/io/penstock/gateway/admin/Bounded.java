package io.penstock.gateway.admin;

import io.vertx.core.Promise;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Work that takes a processor for a while, on virtual threads of its own: one at a time, a few
 * waiting, none for longer than somebody waits at a page.
 */
final class Bounded {
  private static final int MOST_WAITING = 8;

  private final String what;
  private final Duration patience;
  private final Semaphore turn = new Semaphore(1);
  private final AtomicInteger waiting = new AtomicInteger();

  /**
   * @param what is made, in the plural
   * @param patience the longest that one may take
   */
  Bounded(String what, Duration patience) {
    this.what = what;
    this.patience = patience;
  }

  /** It is too busy, or it takes too long. */
  static final class Busy extends RuntimeException {
    private static final long serialVersionUID = 1;

    Busy(String message) {
      super(message, null, false, false);
    }
  }

  /** The work's result; the port goes on with other requests meanwhile. */
  <T> T call(Supplier<T> work) {
    if (waiting.incrementAndGet() > MOST_WAITING) {
      waiting.decrementAndGet();
      throw new Busy("Too many " + what + " are being made; ask again in a moment.");
    }
    Promise<T> promise = Promise.promise();
    Thread.ofVirtual().name("admin-" + what).start(() -> run(work, promise));
    try {
      return promise.future().await(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException _) {
      throw new Busy(
          "One of the " + what + " was not ready within " + patience.toSeconds() + " s.");
    }
  }

  private <T> void run(Supplier<T> work, Promise<T> promise) {
    turn.acquireUninterruptibly();
    try {
      promise.complete(work.get());
    } catch (RuntimeException failure) {
      promise.fail(failure);
    } finally {
      turn.release();
      waiting.decrementAndGet();
    }
  }
}
