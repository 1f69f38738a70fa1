package io.penstock.config;

import io.penstock.config.catalog.Catalog;
import io.penstock.config.catalog.Names;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Engine;
import io.penstock.planner.capacity.Memory;
import io.penstock.planner.capacity.MemoryBudget;
import io.penstock.planner.hardware.Gpu;
import io.penstock.planner.model.ModelSpec;
import io.penstock.planner.model.Precision;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/** Whether a pool's hardware is one that the catalogue knows, and can hold the pool's model. */
final class HardwareChecks {
  private static final List<String> PRECISIONS =
      Arrays.stream(Precision.values()).map(Precision::label).toList();

  private final Catalog catalog;
  private final BiConsumer<String, String> refuse;
  private final BiConsumer<String, String> warn;

  /** Both are called with a path and a message. */
  HardwareChecks(
      Catalog catalog, BiConsumer<String, String> refuse, BiConsumer<String, String> warn) {
    this.catalog = catalog;
    this.refuse = refuse;
    this.warn = warn;
  }

  void check(Pool pool) {
    pool.capacity().ifPresent(capacity -> check(pool, capacity, "pools." + pool.name()));
  }

  private void check(Pool pool, Capacity capacity, String path) {
    Optional<ModelSpec> model =
        named(
            catalog.models(),
            pool.model(),
            path + ".model",
            "model",
            ", or leave capacity out: it is worked out from the model's dimensions");
    Optional<Gpu> gpu = named(catalog.gpus(), capacity.gpu(), path + ".capacity.gpu", "GPU", "");
    Optional<Engine> engine = gpu.flatMap(known -> engine(capacity, known, path));
    Optional<Precision> weights = precision(capacity.weights(), gpu, path + ".capacity.weights");
    Optional<Precision> kv = precision(capacity.kv(), gpu, path + ".capacity.kv");
    if (model.isPresent() && engine.isPresent() && weights.isPresent() && kv.isPresent()) {
      fits(
          pool,
          path,
          new Deployment(
              model.get(),
              gpu.orElseThrow(),
              capacity.gpusPerReplica(),
              weights.get(),
              kv.get(),
              engine.get()));
    }
  }

  private <T> Optional<T> named(
      Names<T> names, String name, String path, String what, String otherwise) {
    Optional<T> known = names.find(name);
    if (known.isEmpty()) {
      String message = "the catalogue has no " + what + " " + Notation.quote(name);
      refuse.accept(path, message + ": did you mean " + names.nearest(name) + "?" + otherwise);
    }
    return known;
  }

  private Optional<Engine> engine(Capacity capacity, Gpu gpu, String path) {
    Optional<Engine> engine = catalog.findEngine(capacity.engine(), gpu);
    if (engine.isEmpty()) {
      refuse.accept(
          path + ".capacity.engine",
          "the catalogue has no engine "
              + Notation.quote(capacity.engine())
              + ": "
              + Nearest.hint(capacity.engine(), catalog.engineNames().stream().sorted().toList()));
    }
    return engine;
  }

  private Optional<Precision> precision(String name, Optional<Gpu> gpu, String path) {
    Optional<Precision> precision = Precision.named(name);
    if (precision.isEmpty()) {
      refuse.accept(
          path, Notation.quote(name) + " is no precision: " + Nearest.hint(name, PRECISIONS));
      return precision;
    }
    Optional<Gpu> without = gpu.filter(known -> !precision.get().runsOn(known));
    without.ifPresent(known ->
        refuse.accept(
            path, known.name() + " cannot run " + precision.get().label() + ": write fp16"));
    return without.isPresent() ? Optional.empty() : precision;
  }

  private void fits(Pool pool, String path, Deployment deployment) {
    switch (Memory.of(deployment)) {
      case Memory.DoesNotFit(String why, _) -> warn.accept(path + ".capacity", why);
      case MemoryBudget budget -> {
        if (budget.kvTokens() < pool.contextTokens()) {
          warn.accept(
              path + ".capacity",
              "leaves memory for "
                  + budget.kvTokens()
                  + " tokens, and one request may have "
                  + pool.contextTokens()
                  + ": write the context-length that the servers are started with");
        }
      }
    }
  }
}
