package io.penstock.gateway.choose;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Until when something is not to be asked, by its own word; shared by all loops. A later word only
 * ever makes it longer.
 */
final class Rest {
  private final AtomicLong nanos = new AtomicLong();

  /** How long it lasts yet; 0: it is over. */
  long leftNanos(long nowNanos) {
    long until = nanos.get();
    return until == 0 ? 0 : Math.max(0, until - nowNanos);
  }

  void until(long untilNanos) {
    nanos.updateAndGet(before -> before == 0 || untilNanos - before > 0 ? untilNanos : before);
  }
}
