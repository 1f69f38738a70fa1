package io.penstock.gateway.account;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.penstock.config.Pool;
import io.penstock.config.Tier;
import io.penstock.planner.autoscale.PoolCapacity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * What stands now at pools and backends, read when somebody scrapes. Whoever knows the figure hands
 * over a supplier; after a reload everything is watched anew.
 */
public final class Gauges {
  private final MeterRegistry meters;
  private final List<Meter> watched = new ArrayList<>();

  public Gauges(MeterRegistry meters) {
    this.meters = meters;
  }

  /** Forgets every gauge, before those of a new config. */
  public synchronized void clear() {
    watched.forEach(meters::remove);
    watched.clear();
  }

  /** Calls at a pool's backends. */
  public void inFlight(Pool pool, IntSupplier calls) {
    watch("penstock.inflight", "Calls at the pool's backends", Tags.of("pool", pool.name()), calls);
  }

  /** Calls of a tier that wait for a place in a pool. */
  public void waiting(Pool pool, Tier tier, IntSupplier calls) {
    watch(
        "penstock.queue.depth",
        "Calls that wait for a place in the pool",
        Tags.of("pool", pool.name(), "tier", tier.name()),
        calls);
  }

  /** Whether a backend takes calls. */
  public void up(Pool pool, Pool.Backend backend, BooleanSupplier up) {
    watch(
        "penstock.backend.up",
        "1 where the backend takes calls",
        Tags.of("pool", pool.name(), "backend", backend.id()),
        () -> up.getAsBoolean() ? 1 : 0);
  }

  /** What a pool promises at the 95th percentile, so that alerts need no copy of the config. */
  public void promise(Pool pool) {
    promise(pool, "ttft", pool.slo().ttft());
    promise(pool, "tpot", pool.slo().tpot());
  }

  private synchronized void promise(Pool pool, String metric, Duration slo) {
    if (slo.isPositive()) {
      double seconds = slo.toNanos() / 1e9;
      Supplier<Number> number = () -> seconds;
      watched.add(
          Gauge.builder("penstock.slo.seconds", number)
              .description("What the pool promises at the 95th percentile")
              .tags("pool", pool.name(), "metric", metric)
              .register(meters));
    }
  }

  /** A backend's breaker: 0 closed, 1 half open, 2 open. */
  public void breaker(Pool pool, Pool.Backend backend, IntSupplier state) {
    watch(
        "penstock.breaker.state",
        "0 closed, 1 half open, 2 open",
        Tags.of("pool", pool.name(), "backend", backend.id()),
        state);
  }

  /** What the capacity model says of a pool; nothing (NaN) before it has looked at it. */
  public void capacity(Pool pool, Supplier<@Nullable PoolCapacity> latest) {
    var tags = Tags.of("pool", pool.name());
    model(
        "penstock.capacity.desired.replicas",
        "Replicas that the pool should have",
        tags,
        latest,
        now -> now.target().replicas());
    model(
        "penstock.capacity.replicas", "Replicas that serve", tags, latest, PoolCapacity::replicas);
    model(
        "penstock.capacity.max.rps",
        "Requests a second that the replicas which serve finish at most",
        tags,
        latest,
        PoolCapacity::maxPerSecond);
    model(
        "penstock.pool.utilization.ratio",
        "The load over what the replicas which serve take within the SLO",
        tags,
        latest,
        PoolCapacity::utilisation);
    String error = "penstock.capacity.model.error.ratio";
    String about = "Mean error of the calibrated model over the last calls";
    model(error, about, tags.and("metric", "ttft"), latest, now -> now.times().ttftError());
    model(error, about, tags.and("metric", "tpot"), latest, now -> now.times().tpotError());
  }

  private synchronized void model(
      String name,
      String description,
      Tags tags,
      Supplier<@Nullable PoolCapacity> latest,
      ToDoubleFunction<PoolCapacity> figure) {
    Supplier<Number> number =
        () -> {
          var now = latest.get();
          return now == null ? Double.NaN : figure.applyAsDouble(now);
        };
    watched.add(Gauge.builder(name, number).description(description).tags(tags).register(meters));
  }

  private synchronized void watch(String name, String description, Tags tags, IntSupplier value) {
    Supplier<Number> number = value::getAsInt;
    watched.add(Gauge.builder(name, number).description(description).tags(tags).register(meters));
  }
}
