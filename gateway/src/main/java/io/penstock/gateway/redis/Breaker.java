package io.penstock.gateway.redis;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Whether Redis is asked at all; shared by all loops. After some calls in a row that failed it is
 * not: requests wait no longer for what does not come. Only the probes that run beside them find
 * out that it answers again, so that no request is spent on trying.
 */
final class Breaker {
  private static final System.Logger LOG = System.getLogger(Redis.class.getName());
  private static final int FAILURES = 3;

  private final List<Runnable> onUp = new CopyOnWriteArrayList<>();
  private final List<Runnable> onDown = new CopyOnWriteArrayList<>();
  private final AtomicInteger failures = new AtomicInteger();
  private volatile State state = State.UNKNOWN;
  private long downSinceNanos;

  private enum State {
    UNKNOWN,
    UP,
    DOWN
  }

  boolean isOpen() {
    return state == State.DOWN;
  }

  boolean isUp() {
    return state == State.UP;
  }

  void onUp(Runnable listener) {
    onUp.add(listener);
  }

  void onDown(Runnable listener) {
    onDown.add(listener);
  }

  void succeeded() {
    if (failures.get() != 0) {
      failures.set(0);
    }
    if (state == State.UNKNOWN) {
      closed();
    }
  }

  void failed(@Nullable Throwable cause) {
    if (failures.incrementAndGet() >= FAILURES && state != State.DOWN) {
      open(cause);
    }
  }

  private void open(@Nullable Throwable cause) {
    synchronized (this) {
      if (state == State.DOWN) {
        return;
      }
      state = State.DOWN;
      downSinceNanos = System.nanoTime();
    }
    LOG.log(WARNING, "redis: down, not asked until it answers again; " + reason(cause));
    onDown.forEach(Runnable::run);
  }

  /** The probes were answered. */
  void closed() {
    State before;
    long downMillis;
    synchronized (this) {
      before = state;
      state = State.UP;
      failures.set(0);
      downMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - downSinceNanos);
    }
    if (before == State.UP) {
      return;
    }
    LOG.log(INFO, before == State.DOWN ? "redis: up after " + downMillis + " ms" : "redis: up");
    onUp.forEach(Runnable::run);
  }

  /** The innermost cause says most, and neither it nor its class holds a credential. */
  private static String reason(@Nullable Throwable thrown) {
    if (thrown == null) {
      return "no cause is known";
    }
    Throwable cause = thrown;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause instanceof StoreUnavailable
        ? String.valueOf(cause.getMessage())
        : cause.getClass().getSimpleName() + ": " + cause.getMessage();
  }
}
