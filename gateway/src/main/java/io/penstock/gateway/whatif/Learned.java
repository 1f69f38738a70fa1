package io.penstock.gateway.whatif;

import io.penstock.config.scenario.PoolWish;
import io.penstock.config.scenario.Scenario;
import io.penstock.planner.autoscale.PoolCapacity;
import io.penstock.planner.calibrate.Calibrated;
import io.penstock.planner.capacity.Deployment;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Optional;

/**
 * What live traffic showed of the pools' replicas, put into a plan. It is true of the hardware that
 * was seen: other GPUs, precisions and engines stay as the catalogue has them.
 */
final class Learned {
  /** Answers from which on what they showed is believed. */
  private static final int FEWEST_SAMPLES = 20;

  private final List<PoolCapacity> seen;

  Learned(List<PoolCapacity> seen) {
    this.seen =
        seen.stream().filter(pool -> pool.calibrated().samples() >= FEWEST_SAMPLES).toList();
  }

  /** The scenario with calibrated replicas where that hardware was seen in that pool. */
  Scenario apply(Scenario scenario) {
    return new Scenario(
        scenario.name(),
        scenario.source(),
        scenario.pools().stream().map(this::apply).toList(),
        scenario.budgetUsdPerMonth(),
        scenario.kvBudget(),
        scenario.simpleLatency(),
        scenario.claims(),
        scenario.given());
  }

  private PoolWish apply(PoolWish wish) {
    return of(wish)
        .map(pool ->
            new PoolWish(
                wish.name(),
                wish.candidate(),
                wish.share(),
                wish.requirement().with(pool.target().uncertainty()),
                wish.asked().stream().map(each -> seen(each, pool)).toList(),
                wish.others(),
                wish.bought()))
        .orElse(wish);
  }

  private static Deployment seen(Deployment asked, PoolCapacity pool) {
    return same(asked, pool.prior()) ? pool.calibrated().apply(asked) : asked;
  }

  private Optional<PoolCapacity> of(PoolWish wish) {
    return seen.stream()
        .filter(pool -> pool.pool().equals(wish.name()))
        .filter(pool -> wish.asked().stream().anyMatch(asked -> same(asked, pool.prior())))
        .findFirst();
  }

  /** But for the price. */
  private static boolean same(Deployment one, Deployment other) {
    return one.model().name().equals(other.model().name())
        && one.gpu().name().equals(other.gpu().name())
        && one.tensorParallel() == other.tensorParallel()
        && one.weights() == other.weights()
        && one.kv() == other.kv()
        && one.engine().name().equals(other.engine().name());
  }

  /** Which figures a pool's plan rests on. */
  JsonObject said(Scenario scenario) {
    return scenario.pools().stream()
        .flatMap(wish -> of(wish).stream())
        .findFirst()
        .map(pool -> said(pool.calibrated()))
        .orElseGet(() -> new JsonObject().put("from", "catalogue"));
  }

  private static JsonObject said(Calibrated from) {
    return new JsonObject()
        .put("from", "traffic")
        .put("samples", from.samples())
        .put("decode", Answer.finite(from.decode().value()))
        .put("prefill", Answer.finite(from.prefill().value()));
  }
}
