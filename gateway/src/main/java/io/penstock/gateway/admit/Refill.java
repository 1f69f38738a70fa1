package io.penstock.gateway.admit;

import io.penstock.config.Rate;
import java.math.BigInteger;

/**
 * How fast a bucket fills, in whole numbers: an amount is worth the time in which it flows in.
 * Costs are rounded up to a nanosecond, so that rounding never admits more than the rate says, and
 * an error does not add up: a call is charged one nanosecond too much at worst.
 *
 * @param capacity what a full bucket holds
 * @param windowNanos how long an empty bucket takes to fill
 */
record Refill(long capacity, long windowNanos) {
  /** A century: stands for a time that never comes, and leaves room to add. */
  static final long FOREVER_NANOS = Long.MAX_VALUE / 3;

  /** A fraction of a request cannot be taken: {@code 0.5/minute} becomes one in two minutes. */
  static Refill of(Rate rate) {
    double amount = rate.amount();
    if (!(amount > 0)) {
      return new Refill(0, rate.window().toNanos());
    }
    long capacity = Math.max(1, (long) amount);
    double stretch = capacity / amount;
    return new Refill(capacity, Math.max(1, Math.round(rate.window().toNanos() * stretch)));
  }

  /** The time in which an amount flows in. */
  long cost(long amount) {
    if (amount <= 0) {
      return 0;
    }
    if (capacity == 0) {
      return FOREVER_NANOS;
    }
    long whole = windowNanos / capacity;
    long rest = windowNanos - whole * capacity;
    if (Math.multiplyHigh(amount, whole) != 0 || Math.multiplyHigh(amount, rest) != 0) {
      return exactCost(amount);
    }
    long product = amount * rest;
    long more = product / capacity;
    long cost = amount * whole + more + (more * capacity == product ? 0 : 1);
    return product < 0 || cost < 0 ? exactCost(amount) : Math.min(cost, FOREVER_NANOS);
  }

  private long exactCost(long amount) {
    return BigInteger.valueOf(amount)
        .multiply(BigInteger.valueOf(windowNanos))
        .add(BigInteger.valueOf(capacity - 1))
        .divide(BigInteger.valueOf(capacity))
        .min(BigInteger.valueOf(FOREVER_NANOS))
        .longValueExact();
  }

  /** The largest amount that costs no more than this. */
  long amount(long nanos) {
    if (nanos <= 0) {
      return 0;
    }
    if (nanos >= windowNanos) {
      return capacity;
    }
    long guess = (long) ((double) nanos / windowNanos * capacity);
    if (cost(guess) > nanos) {
      return guess - 1;
    }
    return cost(guess + 1) <= nanos ? guess + 1 : guess;
  }

  /** What a time worth some part of this refill is worth in another: the same part. */
  long scaled(long nanos, Refill other) {
    return windowNanos == other.windowNanos
        ? nanos
        : (long) Math.ceil((double) nanos / windowNanos * other.windowNanos);
  }
}
