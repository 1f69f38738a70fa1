package io.penstock.config.scenario;

import io.penstock.config.Section;
import io.penstock.config.catalog.ApiPrice;
import io.penstock.config.catalog.Catalog;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Engine;
import io.penstock.planner.hardware.Gpu;
import io.penstock.planner.model.ModelSpec;
import io.penstock.planner.model.Precision;
import io.penstock.planner.size.Requirement;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** A pool's hardware: what was asked for, and what else there is. */
public final class Hardware {
  private static final List<Integer> PARALLEL = List.of(1, 2, 4, 8);

  private final Catalog catalog;
  private final List<String> gpus;
  private final List<String> precisions;
  private final List<String> engines;

  Hardware(Catalog catalog, Optional<Section> allow) {
    this.catalog = catalog;
    this.gpus = allow.map(section -> section.texts("gpus")).orElse(List.of());
    this.precisions = allow.map(section -> section.texts("precisions")).orElse(List.of());
    this.engines = allow.map(section -> section.texts("engines")).orElse(List.of());
    allow.ifPresent(Section::done);
  }

  /** Nothing is ruled out. */
  public Hardware(Catalog catalog) {
    this(catalog, Optional.empty());
  }

  PoolWish wish(
      String name, Section section, boolean candidate, double share, Requirement requirement) {
    String model = section.text("model");
    boolean api = section.has("provider");
    section.optionalText("provider");
    var gpu = section.optionalText("gpu");
    int parallel = section.integer("gpus-per-replica", 0);
    if (parallel < 1 && section.has("gpus-per-replica")) {
      section.complain(section.below("gpus-per-replica"), "must be 1 GPU or more, not " + parallel);
    }
    String engine = section.text("engine", "vllm");
    String weights = section.text("weights", "fp16");
    String kv = section.text("kv", "fp16");
    double price = section.number("usd-per-gpu-hour", 0);
    int batch = section.integer("max-sequences", 0);
    section.done();
    if (api) {
      ApiPrice list = catalog.prices().get(model);
      return new PoolWish(
          name, candidate, share, requirement, List.of(), List.of(), Optional.of(list));
    }
    var spec = catalog.models().get(model);
    var asked = new ArrayList<Deployment>();
    for (String gpuName : gpu.map(List::of).orElseGet(this::allowedGpus)) {
      var found = catalog.gpus().get(gpuName);
      var chip = price > 0 ? found.at(price) : found;
      var listed = choices(weights, precisions, section.has("weights"));
      for (Precision each : listed) {
        if (gpu.isEmpty() && !each.runsOn(chip)) {
          continue;
        }
        for (String engineName : engineNames(engine, section.has("engine"))) {
          var on = catalog.engine(engineName, chip, each);
          var bounded = batch > 0 ? on.withMaxSequences(batch) : on;
          for (int tp : parallel > 0 ? List.of(parallel) : PARALLEL) {
            if (parallel > 0 || spec.heads() % tp == 0) {
              asked.add(new Deployment(spec, chip, tp, each, precision(kv), bounded));
            }
          }
        }
      }
    }
    var others = others(spec, precision(weights), precision(kv), engine, asked);
    return new PoolWish(name, candidate, share, requirement, asked, others, Optional.empty());
  }

  private List<String> allowedGpus() {
    return gpus.isEmpty() ? catalog.gpus().names().stream().sorted().toList() : gpus;
  }

  private List<String> engineNames(String named, boolean written) {
    return written || engines.isEmpty() ? List.of(named) : engines;
  }

  private static List<Precision> choices(String named, List<String> allowed, boolean written) {
    return written || allowed.isEmpty()
        ? List.of(precision(named))
        : allowed.stream().map(Hardware::precision).toList();
  }

  private static Precision precision(String name) {
    return Precision.named(name)
        .orElseThrow(() -> new IllegalArgumentException("no precision is called " + name));
  }

  /**
   * The rest of the catalogue that has a price, in the same precision and, where it can, in fp8.
   */
  public List<Deployment> others(
      ModelSpec model, Precision weights, Precision kv, String engine, List<Deployment> asked) {
    Set<String> taken = new LinkedHashSet<>();
    asked.forEach(each -> taken.add(key(each)));
    return allowedGpus().stream()
        .filter(name -> catalog.nodes().find(name).isEmpty())
        .flatMap(name -> catalog.gpus().find(name).stream())
        .filter(gpu -> gpu.usdPerHour() > 0 && weights.runsOn(gpu) && kv.runsOn(gpu))
        .flatMap(gpu -> on(gpu, model, weights, kv, engine))
        .filter(each -> taken.add(key(each)))
        .toList();
  }

  private Stream<Deployment> on(
      Gpu gpu, ModelSpec model, Precision weights, Precision kv, String engineName) {
    Engine engine = catalog.engine(engineName, gpu, weights);
    return PARALLEL.stream()
        .filter(tp -> model.heads() % tp == 0)
        .map(tp -> new Deployment(model, gpu, tp, weights, kv, engine));
  }

  private static String key(Deployment deployment) {
    return deployment.gpu().name()
        + " "
        + deployment.tensorParallel()
        + " "
        + deployment.weights()
        + " "
        + deployment.engine().name();
  }
}
