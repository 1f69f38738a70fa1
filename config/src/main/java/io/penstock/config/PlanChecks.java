package io.penstock.config;

import io.penstock.config.catalog.Catalog;
import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Memory;
import io.penstock.planner.capacity.MemoryBudget;
import io.penstock.planner.capacity.Prediction;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.model.Precision;
import io.penstock.planner.size.Show;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * Whether a pool's own plan keeps its SLO with all the replicas that it may have: for one request
 * alone, at the rate that its limit lets in, and with as many in flight as its limit lets be. What
 * requests look like a config does not say; {@link #PROMPT_TOKENS} and {@link #COMPLETION_TOKENS}
 * are supposed, as {@code penstock plan} does.
 */
final class PlanChecks {
  private static final double PROMPT_TOKENS = 400;
  private static final double COMPLETION_TOKENS = 250;
  private static final Workload LOAD = Workload.of(PROMPT_TOKENS, COMPLETION_TOKENS);
  private static final String SUPPOSED = "requests of 400 + 250 tokens";

  private final Catalog catalog;
  private final BiConsumer<String, String> warn;

  /** {@code warn} is called with a path and a message. */
  PlanChecks(Catalog catalog, BiConsumer<String, String> warn) {
    this.catalog = catalog;
    this.warn = warn;
  }

  /** Looks at a pool whose hardware is known to be one that there is. */
  void check(Pool pool) {
    boolean promises = pool.slo().ttft().isPositive() || pool.slo().tpot().isPositive();
    if (promises && pool.supports().chat()) {
      pool.capacity()
          .flatMap(capacity -> replica(pool, capacity))
          .ifPresent(replica -> check(pool, pool.capacity().orElseThrow(), replica));
    }
  }

  private Optional<ContinuousBatching> replica(Pool pool, Capacity capacity) {
    var gpu = catalog.gpus().get(capacity.gpu());
    var weights = Precision.named(capacity.weights()).orElseThrow();
    var deployment =
        new Deployment(
            catalog.models().get(pool.model()),
            gpu,
            capacity.gpusPerReplica(),
            weights,
            Precision.named(capacity.kv()).orElseThrow(),
            catalog.engine(capacity.engine(), gpu, weights));
    return Memory.of(deployment) instanceof MemoryBudget budget && budget.sequences(650) >= 1
        ? Optional.of(ContinuousBatching.of(deployment))
        : Optional.empty();
  }

  private void check(Pool pool, Capacity capacity, ContinuousBatching replica) {
    if (!keeps(pool, replica.closedLoop(LOAD, 1), "one request alone", "other hardware")) {
      return;
    }
    int most = capacity.max();
    pool.limits()
        .requests()
        .ifPresent(rate ->
            keeps(
                pool,
                replica.openLoop(LOAD, rate.perSecond() / most),
                "limits.requests of " + Notation.plain(rate) + " over " + most + " replicas",
                "a higher capacity.max or a lower limit"));
    int inFlight = pool.limits().concurrency();
    if (inFlight > most) {
      keeps(
          pool,
          replica.closedLoop(LOAD, (double) inFlight / most),
          "limits.concurrency of " + inFlight + " over " + most + " replicas",
          "a higher capacity.max or a lower limit");
    }
  }

  private boolean keeps(Pool pool, Prediction prediction, String when, String instead) {
    String path = "pools." + pool.name() + ".slo.";
    boolean ttft = keeps(path + "ttft", pool.slo().ttft(), prediction.ttft().p95(), when, instead);
    boolean tpot = keeps(path + "tpot", pool.slo().tpot(), prediction.tpot().p95(), when, instead);
    return ttft && tpot;
  }

  private boolean keeps(
      String path, Duration promised, double seconds, String when, String instead) {
    boolean kept = promised.isZero() || seconds <= promised.toNanos() / 1e9;
    if (!kept) {
      warn.accept(
          path,
          Notation.plain(promised)
              + " will be missed by its own plan: "
              + when
              + (Double.isFinite(seconds)
                  ? " makes the p95 " + Show.seconds(seconds)
                  : " is more than the hardware can serve")
              + ", for "
              + SUPPOSED
              + ": write "
              + instead
              + ", or a longer SLO");
    }
    return kept;
  }
}
