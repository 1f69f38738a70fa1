package io.penstock.gateway.choose;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.github.resilience4j.core.IntervalFunction;
import io.penstock.config.Breaker;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;

/**
 * What the calls to one backend say about it, kept by Resilience4j's circuit breaker; shared by all
 * loops.
 *
 * <p>Closed: every call that ends is recorded, as failed or not and with the time to its first
 * token; too large a share of failures or of slow ones among the last calls opens it. Open: the
 * backend is out; when the pause is over one call becomes the probe. Half open: that call is under
 * way; it closes the breaker, or opens it for twice as long. What other calls say while it is not
 * closed is old or a last resort, and does not count, but for an answer, which closes it.
 */
final class BackendBreaker {
  private static final double BACKOFF = 2;
  private static final float PERCENT = 100;

  static {
    rehearse();
  }

  private final Breaker config;
  private final CircuitBreaker breaker;
  private final AtomicInteger failures = new AtomicInteger();
  private final LongSupplier nanos;
  private volatile long lastBadNanos;

  BackendBreaker(String name, Breaker config, LongSupplier nanos) {
    this.config = config;
    this.nanos = nanos;
    this.breaker = CircuitBreaker.of(name, settings(config, nanos));
  }

  /**
   * Takes one breaker through all its states. What happens first when a server fails loads classes
   * and the JDK's time zones, and it may fail because no file can be opened any more: then the JVM
   * would not have them until its end.
   */
  private static void rehearse() {
    var rehearsed = CircuitBreaker.ofDefaults("rehearsal");
    rehearsed.onError(0, TimeUnit.NANOSECONDS, new Failed());
    rehearsed.transitionToOpenState();
    rehearsed.transitionToHalfOpenState();
    rehearsed.onSuccess(0, TimeUnit.NANOSECONDS);
    rehearsed.transitionToClosedState();
    var strict =
        CircuitBreaker.of(
            "rehearsal",
            CircuitBreakerConfig.custom().slidingWindowSize(1).minimumNumberOfCalls(1).build());
    strict.onError(0, TimeUnit.NANOSECONDS, new Failed());
    strict.tryAcquirePermission();
  }

  private static CircuitBreakerConfig settings(Breaker config, LongSupplier nanos) {
    return CircuitBreakerConfig.custom()
        .slidingWindowType(SlidingWindowType.COUNT_BASED)
        .slidingWindowSize(config.window())
        .minimumNumberOfCalls(config.minimum())
        .failureRateThreshold((float) config.errors() * PERCENT)
        .slowCallRateThreshold((float) config.slow() * PERCENT)
        .slowCallDurationThreshold(config.slowFirstToken())
        .permittedNumberOfCallsInHalfOpenState(1)
        .waitIntervalFunctionInOpenState(
            IntervalFunction.ofExponentialBackoff(config.pause(), BACKOFF, config.longestPause()))
        .clock(new NanoClock(nanos))
        .currentTimestampFunction(_ -> nanos.getAsLong(), TimeUnit.NANOSECONDS)
        .build();
  }

  Breaker config() {
    return config;
  }

  /** Whether it is given calls. */
  boolean closed() {
    return breaker.getState() == State.CLOSED;
  }

  /**
   * Whether it is out, or would be if there were another. What no call has found for longer than
   * any pause is not known any more: else a gateway that gets no calls because it is not ready
   * would never be ready again.
   */
  boolean bad() {
    return (!closed() || failures.get() >= config.minimum())
        && nanos.getAsLong() - lastBadNanos <= config.longestPause().toNanos();
  }

  /** 0 closed, 1 half open, 2 open. */
  int level() {
    return switch (breaker.getState()) {
      case HALF_OPEN -> 1;
      case OPEN, FORCED_OPEN -> 2;
      case CLOSED, DISABLED, METRICS_ONLY -> 0;
    };
  }

  /** Failures since the last answer. */
  int failures() {
    return failures.get();
  }

  /** Becomes the one call that tries a backend that was out. */
  boolean startProbe() {
    return !closed() && breaker.tryAcquirePermission();
  }

  /**
   * @param firstTokenNanos from the turn's begin to the first token; 0 where that is not known
   */
  void answered(boolean probe, long firstTokenNanos) {
    failures.set(0);
    if (closed() || probe) {
      breaker.onSuccess(firstTokenNanos, TimeUnit.NANOSECONDS);
      if (!closed()) {
        lastBadNanos = nanos.getAsLong();
      }
    } else {
      breaker.transitionToClosedState();
    }
  }

  void failed(boolean probe) {
    lastBadNanos = nanos.getAsLong();
    failures.incrementAndGet();
    if (closed() || probe) {
      breaker.onError(0, TimeUnit.NANOSECONDS, new Failed());
    }
  }

  void abandoned(boolean probe) {
    if (probe) {
      breaker.releasePermission();
    }
  }

  /** Closes it: there is no other to take its calls. */
  void close() {
    breaker.transitionToClosedState();
  }

  /** That a call failed is all that the breaker is told. */
  private static final class Failed extends Exception {
    private static final long serialVersionUID = 1;

    Failed() {
      super("failed", null, false, false);
    }
  }

  /** The pool's clock as the breaker reads it; where it begins has no meaning. */
  private static final class NanoClock extends Clock {
    private final LongSupplier nanos;

    NanoClock(LongSupplier nanos) {
      this.nanos = nanos;
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return Instant.EPOCH.plusNanos(nanos.getAsLong());
    }
  }
}
