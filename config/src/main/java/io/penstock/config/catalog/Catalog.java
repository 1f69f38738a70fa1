package io.penstock.config.catalog;

import io.penstock.planner.accuracy.Fitted;
import io.penstock.planner.capacity.Engine;
import io.penstock.planner.capacity.EngineParameters;
import io.penstock.planner.hardware.Gpu;
import io.penstock.planner.hardware.Node;
import io.penstock.planner.model.ModelSpec;
import io.penstock.planner.model.Precision;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * GPUs, models, engines and prices by name. {@link #shipped} is what Penstock brings; an operator's
 * own entries, of the same form, are laid over it with {@link #plus}. Sections are read when they
 * are first asked for. Safe to share.
 */
public final class Catalog {
  private static final Catalog SHIPPED =
      new Catalog(
          lazily(() -> Hardware.read(resource("gpus"), new Names<>("gpu", Map.of(), Map.of()))),
          lazily(() -> readModels(resource("models"))),
          lazily(() -> readEngines(resource("engines"))),
          lazily(() -> readPrices(resource("prices"))),
          lazily(() -> FittedTable.read(text("fitted.csv"))));

  private final Supplier<Hardware> hardware;
  private final Supplier<Names<ModelSpec>> models;
  private final Supplier<Names<Engines>> engines;
  private final Supplier<Names<ApiPrice>> prices;
  private final Supplier<Fitted> fitted;

  private Catalog(
      Supplier<Hardware> hardware,
      Supplier<Names<ModelSpec>> models,
      Supplier<Names<Engines>> engines,
      Supplier<Names<ApiPrice>> prices,
      Supplier<Fitted> fitted) {
    this.hardware = hardware;
    this.models = models;
    this.engines = engines;
    this.prices = prices;
    this.fitted = fitted;
  }

  /** What Penstock brings. */
  public static Catalog shipped() {
    return SHIPPED;
  }

  /** GPUs. A node's name finds its GPU, at the node's price divided by its GPUs. */
  public Names<Gpu> gpus() {
    return hardware.get().gpus();
  }

  /** Servers that are sold or rented whole. */
  public Names<Node> nodes() {
    return hardware.get().nodes();
  }

  /** Models whose dimensions are known. */
  public Names<ModelSpec> models() {
    return models.get();
  }

  /** What providers ask, by model. */
  public Names<ApiPrice> prices() {
    return prices.get();
  }

  /** The names of engines. */
  public Set<String> engineNames() {
    return engines.get().names();
  }

  /** The engine called {@code name}, where there is one, as it runs on {@code gpu}. */
  public Optional<Engine> findEngine(String name, Gpu gpu, Precision weights) {
    return engines.get().find(name).map(found -> found.on(gpu, weights, fitted.get()));
  }

  /** The same for weights of 16 bits. */
  public Optional<Engine> findEngine(String name, Gpu gpu) {
    return findEngine(name, gpu, Precision.FP16);
  }

  /** The same; throws with one line that has the nearest known name. */
  public Engine engine(String name, Gpu gpu, Precision weights) {
    return engines.get().get(name).on(gpu, weights, fitted.get());
  }

  /** The same for weights of 16 bits. */
  public Engine engine(String name, Gpu gpu) {
    return engine(name, gpu, Precision.FP16);
  }

  /** The line for an engine that nobody knows. */
  public String unknownEngine(String name) {
    return engines.get().unknown(name);
  }

  /** The catalogue's name of an engine that others may spell otherwise. */
  public Optional<String> engineNamed(String name) {
    return engines.get().find(name).map(found -> found.general().name());
  }

  /** The engine called {@code name}, or one that starts as vLLM does where nobody knows it. */
  public Engine engineOr(String name, Gpu gpu) {
    return findEngine(name, gpu).orElseGet(() -> engine("vllm", gpu));
  }

  /** The parameters of engines that measurements gave. */
  public Fitted fitted() {
    return fitted.get();
  }

  /**
   * Prompt and completion tokens that a model takes together, from its dimensions or price list.
   */
  public Optional<Integer> contextTokens(String model) {
    return models()
        .find(model)
        .map(ModelSpec::contextTokens)
        .or(() -> prices().find(model).map(ApiPrice::contextTokens).filter(tokens -> tokens > 0));
  }

  /**
   * This and the entries of {@code yaml}, which win: a mapping with any of {@code gpus}, {@code
   * nodes}, {@code models}, {@code engines} and {@code prices}. Throws with one line, which starts
   * with the path, on an entry that cannot be.
   */
  public Catalog plus(@Nullable Object yaml) {
    var root = Fields.of("catalog", yaml);
    var moreGpus = hardware.get().plus(root);
    var moreModels = models().plus(readModels(root));
    var moreEngines = engines.get().plus(readEngines(root));
    var morePrices = prices().plus(readPrices(root));
    return new Catalog(
        () -> moreGpus, () -> moreModels, () -> moreEngines, () -> morePrices, fitted);
  }

  private static Names<ModelSpec> readModels(Fields root) {
    return CatalogYaml.names("model", root.child("models"), CatalogYaml::model);
  }

  private static Names<Engines> readEngines(Fields root) {
    var prior = CatalogYaml.parameters(root.child("prior"), EngineParameters.PRIOR);
    return CatalogYaml.names(
        "engine", root.child("engines"), entry -> CatalogYaml.engine(entry, prior));
  }

  private static Names<ApiPrice> readPrices(Fields root) {
    String asOf = root.text("as-of", "");
    String source = root.text("source", "");
    return CatalogYaml.names(
        "priced model", root.child("prices"), entry -> CatalogYaml.price(entry, asOf, source));
  }

  private static Fields resource(String name) {
    var settings = LoadSettings.builder().build();
    return Fields.of("", new Load(settings).loadFromString(text(name + ".yaml")));
  }

  private static String text(String file) {
    String path = "/penstock/catalog/" + file;
    try (InputStream stream = Catalog.class.getResourceAsStream(path)) {
      if (stream == null) {
        throw new IllegalStateException("the build lacks " + path);
      }
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static <T> Supplier<T> lazily(Supplier<T> source) {
    return new Supplier<>() {
      private @Nullable T value;

      @Override
      public synchronized T get() {
        var known = value;
        if (known == null) {
          known = source.get();
          value = known;
        }
        return known;
      }
    };
  }

  private record Hardware(Names<Gpu> gpus, Names<Node> nodes) {

    static Hardware read(Fields root, Names<Gpu> others) {
      var own = CatalogYaml.names("gpu", root.child("gpus"), CatalogYaml::gpu);
      var known = others.plus(own);
      var nodes = CatalogYaml.names("node", root.child("nodes"), n -> CatalogYaml.node(n, known));
      return new Hardware(known.plus(nodes.map(Node::gpu)), nodes);
    }

    Hardware plus(Fields root) {
      var more = read(root, gpus);
      return new Hardware(more.gpus, nodes.plus(more.nodes));
    }
  }
}
