package io.penstock.gateway.trace;

import java.util.concurrent.TimeUnit;

/**
 * The wall clock as it stood when a request came, and what has passed since by the clock that never
 * jumps: a span that ends before it began would be thrown away.
 *
 * @param startEpochNanos the wall clock then
 * @param startNanos {@link System#nanoTime} then
 */
record Clock(long startEpochNanos, long startNanos) {
  static Clock now() {
    return new Clock(TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()), System.nanoTime());
  }

  long epochNanos(long nanoTime) {
    return startEpochNanos + nanoTime - startNanos;
  }
}
