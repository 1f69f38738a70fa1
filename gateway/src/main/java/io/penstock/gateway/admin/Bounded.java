package io.penstock.gateway.admin;

import io.vertx.core.Promise;
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
  private static final long PATIENCE_SECONDS = 10;

  private final Semaphore turn = new Semaphore(1);
  private final AtomicInteger waiting = new AtomicInteger();

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
      throw new Busy("Too many plans are being made; ask again in a moment.");
    }
    Promise<T> promise = Promise.promise();
    Thread.ofVirtual().name("admin-plan").start(() -> run(work, promise));
    try {
      return promise.future().await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException _) {
      throw new Busy("The plan was not ready within " + PATIENCE_SECONDS + " s.");
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
