package io.penstock.gateway.choose;

import java.util.concurrent.atomic.AtomicLong;

/**
 * An exponentially weighted average, shared by all loops and safe without a lock; NaN until it has
 * seen a value. A new value weighs a tenth.
 */
final class Average {
  private static final double WEIGHT = 0.1;

  private final AtomicLong bits = new AtomicLong(Double.doubleToRawLongBits(Double.NaN));

  /** Adds a value; one that is not a positive number is left out. */
  void add(double value) {
    if (value > 0) {
      bits.updateAndGet(seen -> Double.doubleToRawLongBits(next(value, seen)));
    }
  }

  private static double next(double value, long seen) {
    double before = Double.longBitsToDouble(seen);
    return Double.isNaN(before) ? value : before + WEIGHT * (value - before);
  }

  double value() {
    return Double.longBitsToDouble(bits.get());
  }
}
