package io.penstock.gateway.admit;

import io.penstock.config.Rate;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/**
 * How fast a bucket fills, in whole numbers: an amount is worth the time in which it flows in.
 * Costs are rounded up to a nanosecond, so that rounding never admits more than the rate says, and
 * an error does not add up: a call is charged one nanosecond too much at worst.
 */
final class Refill {
  /** A century: stands for a time that never comes, and leaves room to add. */
  static final long FOREVER_NANOS = Long.MAX_VALUE / 3;

  /** Nearer to a whole number than this, a quotient of doubles is not trusted. */
  private static final double DOUBT = 1e-3;

  private static final double LARGEST_SURE = 1e12;

  private final long capacity;
  private final long windowNanos;

  /** What one token costs: so many nanoseconds, and so many parts of {@code capacity} more. */
  private final long wholeNanos;

  private final long restParts;
  private final double perNano;

  /**
   * @param capacity what a full bucket holds, at least 1
   * @param windowNanos how long an empty bucket takes to fill
   */
  Refill(long capacity, long windowNanos) {
    this.capacity = capacity;
    this.windowNanos = windowNanos;
    wholeNanos = windowNanos / capacity;
    restParts = windowNanos - wholeNanos * capacity;
    perNano = (double) capacity / windowNanos;
  }

  /** A fraction of a request cannot be taken: {@code 0.5/minute} becomes one in two minutes. */
  static Refill of(Rate rate) {
    double amount = rate.amount();
    long capacity = Math.max(1, (long) amount);
    double stretch = capacity / amount;
    return new Refill(capacity, Math.max(1, Math.round(rate.window().toNanos() * stretch)));
  }

  long capacity() {
    return capacity;
  }

  long windowNanos() {
    return windowNanos;
  }

  /** The time in which an amount flows in. */
  long cost(long amount) {
    if (amount <= 0) {
      return 0;
    }
    long wholes = amount * wholeNanos;
    long rests = amount * restParts;
    boolean overflows =
        (Math.multiplyHigh(amount, wholeNanos) | Math.multiplyHigh(amount, restParts)) != 0
            || (wholes | rests) < 0;
    if (overflows) {
      return exactCost(amount);
    }
    long cost = rests == 0 ? wholes : wholes + ceilOfCapacities(rests);
    return cost < 0 || cost > FOREVER_NANOS ? FOREVER_NANOS : cost;
  }

  private long ceilOfCapacities(long parts) {
    return parts <= capacity ? 1 : (parts - 1) / capacity + 1;
  }

  private long exactCost(long amount) {
    return BigInteger.valueOf(amount)
        .multiply(BigInteger.valueOf(windowNanos))
        .add(BigInteger.valueOf(capacity - 1))
        .divide(BigInteger.valueOf(capacity))
        .min(BigInteger.valueOf(FOREVER_NANOS))
        .longValueExact();
  }

  /** What must be there for a cost that was multiplied by the sharers: a full bucket at most. */
  long needed(long cost, int sharers) {
    return sharers == 1 ? cost : Math.min(cost, windowNanos);
  }

  /** The largest amount that costs no more than this. */
  long amount(long nanos) {
    if (nanos <= 0) {
      return 0;
    }
    if (nanos >= windowNanos) {
      return capacity;
    }
    double quotient = nanos * perNano;
    long guess = (long) quotient;
    double fraction = quotient - guess;
    if (fraction > DOUBT && fraction < 1 - DOUBT && quotient < LARGEST_SURE) {
      return guess;
    }
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

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Refill refill
        && refill.capacity == capacity
        && refill.windowNanos == windowNanos;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(capacity) * 31 + Long.hashCode(windowNanos);
  }

  @Override
  public String toString() {
    return capacity + " per " + windowNanos + " ns";
  }
}
