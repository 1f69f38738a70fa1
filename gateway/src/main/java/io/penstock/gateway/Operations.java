package io.penstock.gateway;

import io.micrometer.core.instrument.MeterRegistry;
import io.penstock.config.ConfigProblem;
import io.penstock.config.Loaded;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.Tier;
import io.penstock.gateway.account.Totals;
import io.penstock.gateway.admin.CacheView;
import io.penstock.gateway.admin.Controls;
import io.penstock.gateway.admin.PoolView;
import io.penstock.gateway.admin.Rehearsal;
import io.penstock.gateway.admin.Reloaded;
import io.penstock.gateway.admin.TierView;
import io.penstock.gateway.admin.TrafficView;
import io.penstock.gateway.authenticate.KeyStore;
import io.penstock.gateway.cache.AnswerCache;
import io.penstock.gateway.choose.Backends;
import io.penstock.gateway.choose.Backends.BackendStatus;
import io.penstock.gateway.choose.Backends.PoolStatus;
import io.penstock.gateway.queue.Guest;
import io.penstock.gateway.queue.WaitingRoom;
import io.penstock.planner.autoscale.PoolCapacity;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A running gateway as its operators see it. */
final class Operations implements Controls {
  private static final double MICROS_PER_USD = 1e6;
  private static final double NANOS_PER_SECOND = 1e9;

  private final Gateway gateway;

  Operations(Gateway gateway) {
    this.gateway = gateway;
  }

  @Override
  public List<String> whyNotReady() {
    List<String> reasons = new ArrayList<>();
    if (gateway.draining()) {
      reasons.add("draining");
    }
    gateway.keys().whyNotReady().ifPresent(reasons::add);
    for (PoolStatus pool : gateway.backends().status()) {
      if (!pool.up()) {
        reasons.add("no backend of the pool '" + pool.name() + "' is up");
      }
    }
    return reasons;
  }

  @Override
  public String metrics() {
    return gateway.metrics().scrape(null).body();
  }

  @Override
  public MeterRegistry meters() {
    return gateway.metrics().registry();
  }

  @Override
  public Rehearsal.Answer rehearse(Rehearsal asked) {
    return Rehearsing.rehearse(asked, gateway.stages());
  }

  @Override
  public List<PoolView> pools() {
    PenstockConfig config = config();
    return gateway.backends().status().stream()
        .flatMap(status ->
            Optional.ofNullable(config.pools().get(status.name())).stream()
                .map(pool -> view(pool, status)))
        .toList();
  }

  private PoolView view(Pool pool, PoolStatus status) {
    return new PoolView(
        pool,
        traffic(totals -> totals.pool().equals(pool.name())),
        queue(pool),
        status.backends().stream().map(Operations::view).toList());
  }

  private PoolView.QueueView queue(Pool pool) {
    WaitingRoom room = gateway.rooms().of(pool.name());
    var waiting = new LinkedHashMap<String, Integer>();
    var wait = new LinkedHashMap<String, Double>();
    if (room != null) {
      for (Tier tier : config().tiers().values()) {
        waiting.put(tier.name(), room.waiting(tier.name()));
        wait.put(tier.name(), room.waitNanos(Guest.any(tier)) / NANOS_PER_SECOND);
      }
    }
    return new PoolView.QueueView(
        room == null ? Integer.MAX_VALUE : room.limit(),
        room == null ? 0 : room.taken(),
        waiting,
        wait);
  }

  private static PoolView.BackendView view(BackendStatus backend) {
    return new PoolView.BackendView(
        backend.id(),
        backend.url().toString(),
        backend.state().label(),
        backend.inFlight(),
        backend.consecutiveFailures(),
        breaker(backend.breaker()),
        backend.restSeconds(),
        backend.ttftSeconds(),
        backend.tpotSeconds());
  }

  private static String breaker(int level) {
    return level == 0 ? "closed" : level == 1 ? "half open" : "open";
  }

  /** A backend's breaker as its metric has it: 0 closed, 1 half open, 2 open. */
  int breaker(String pool, String backend) {
    return gateway.backends().status().stream()
        .filter(status -> status.name().equals(pool))
        .flatMap(status -> status.backends().stream())
        .filter(status -> status.id().equals(backend))
        .mapToInt(BackendStatus::breaker)
        .findFirst()
        .orElse(0);
  }

  @Override
  public List<TierView> tiers() {
    return config().tiers().values().stream().map(this::view).toList();
  }

  private TierView view(Tier tier) {
    int keys = (int) config().keys().stream().filter(key -> key.tier().equals(tier.name())).count();
    return new TierView(
        tier, keys, traffic(totals -> totals.tier().equals(tier.name())), budgets(tier));
  }

  private Map<String, TierView.BudgetView> budgets(Tier tier) {
    var budgets = new HashMap<String, TierView.BudgetView>();
    gateway
        .stages()
        .admit()
        .money(tier.name())
        .forEach((tenant, money) ->
            budgets.put(
                tenant,
                new TierView.BudgetView(
                    money.limitMicroUsd() / MICROS_PER_USD,
                    money.spentMicroUsd() / MICROS_PER_USD,
                    money.heldMicroUsd() / MICROS_PER_USD,
                    money.endMillis())));
    return budgets;
  }

  private TrafficView traffic(Predicate<Totals> which) {
    TrafficView sum = TrafficView.NONE;
    for (Totals totals : gateway.account().totals()) {
      if (which.test(totals)) {
        sum =
            new TrafficView(
                sum.answered() + totals.answered(),
                sum.refused() + totals.refused(),
                sum.failed() + totals.failed(),
                sum.cancelled() + totals.cancelled(),
                sum.promptTokens() + totals.promptTokens(),
                sum.completionTokens() + totals.completionTokens(),
                sum.costUsd() + totals.microUsd() / MICROS_PER_USD);
      }
    }
    return sum;
  }

  @Override
  public List<PoolCapacity> capacities() {
    return gateway.capacities().latest();
  }

  @Override
  public Reloaded reload() {
    return switch (gateway.options().source().get()) {
      case Loaded.Invalid(var problems, var _) -> new Reloaded.Refused(lines(problems));
      case Loaded.Ok(var config, var warnings) -> {
        var taken = gateway.reload(config);
        yield taken.succeeded()
            ? new Reloaded.Taken(lines(warnings))
            : new Reloaded.Refused(List.of(String.valueOf(taken.cause().getMessage())));
      }
    };
  }

  private static List<String> lines(List<ConfigProblem> problems) {
    return problems.stream().map(ConfigProblem::toString).toList();
  }

  @Override
  public Optional<KeyStore> keys() {
    return gateway.keys().store();
  }

  @Override
  public boolean drain(String pool, String backend, Draining draining) {
    return draining == Draining.DRAIN
        ? gateway.backends().drain(pool, backend)
        : gateway.backends().undrain(pool, backend);
  }

  @Override
  public CacheView cache() {
    AnswerCache cache = gateway.cache();
    return new CacheView(cache.count(), cache.bytes(), cache.boundBytes());
  }

  @Override
  public Future<Long> clearCache(@Nullable String tenant) {
    return gateway.cache().clear(tenant);
  }

  int inFlight(String pool) {
    return gateway.backends().status().stream()
        .filter(status -> status.name().equals(pool))
        .mapToInt(PoolStatus::inFlight)
        .sum();
  }

  /** Those of a tier who wait for a place in a pool. */
  int waiting(Pool pool, Tier tier) {
    WaitingRoom room = gateway.rooms().of(pool.name());
    return room == null ? 0 : room.waiting(tier.name());
  }

  boolean isUp(String pool, String backend) {
    return gateway.backends().status().stream()
        .filter(status -> status.name().equals(pool))
        .flatMap(status -> status.backends().stream())
        .anyMatch(status -> status.id().equals(backend) && status.state() == Backends.State.UP);
  }

  @Override
  public PenstockConfig config() {
    return gateway.stages().config();
  }
}
