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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
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
  private static final List<String> SECTIONS =
      List.of("gpus", "nodes", "models", "engines", "prices");

  private static final Catalog SHIPPED =
      new Catalog(
          lazily(() -> resource("gpus")),
          lazily(() -> resource("models")),
          lazily(() -> resource("engines")),
          lazily(() -> resource("prices")),
          lazily(() -> FittedTable.read(text("fitted.csv"))));

  private final Map<String, Supplier<Fields>> written;
  private final Supplier<Hardware> hardware;
  private final Supplier<Names<ModelSpec>> models;
  private final Supplier<Names<Engines>> engines;
  private final Supplier<Names<ApiPrice>> prices;
  private final Supplier<Fitted> fitted;

  private Catalog(
      Supplier<Fields> gpus,
      Supplier<Fields> models,
      Supplier<Fields> engines,
      Supplier<Fields> prices,
      Supplier<Fitted> fitted) {
    this.written =
        Map.of("gpus", gpus, "nodes", gpus, "models", models, "engines", engines, "prices", prices);
    this.hardware = lazily(() -> Hardware.read(gpus.get()));
    this.models = lazily(() -> readModels(models.get()));
    this.engines = lazily(() -> readEngines(engines.get()));
    this.prices = lazily(() -> readPrices(prices.get()));
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
   * nodes}, {@code models}, {@code engines} and {@code prices}. An entry whose name is known, or
   * that is {@code like} one that is, need only say what is other. Throws with one line, which
   * starts with the path, on an entry that cannot be.
   */
  public Catalog plus(@Nullable Object yaml) {
    return plus(yaml, (_, _) -> {});
  }

  /** The same; {@code keysSeen} is told the keys that each kind of entry knows. */
  public Catalog plus(@Nullable Object yaml, BiConsumer<String, Set<String>> keysSeen) {
    var own = Fields.of("catalog", yaml);
    Map<String, Fields> merged = new HashMap<>();
    for (String section : SECTIONS) {
      var entries = own.child(section);
      if (!entries.keys().isEmpty()) {
        merged.merge(file(section), laidOver(section, entries), (a, b) -> b.over(a));
      }
    }
    own.doneHere();
    var more =
        new Catalog(
            file(merged, "gpus"),
            file(merged, "models"),
            file(merged, "engines"),
            file(merged, "prices"),
            fitted);
    SECTIONS.forEach(section -> more.tell(section, own.child(section), keysSeen));
    return more;
  }

  private static String file(String section) {
    return section.equals("nodes") ? "gpus" : section;
  }

  private Supplier<Fields> file(Map<String, Fields> merged, String name) {
    var own = merged.get(name);
    return own == null ? source(name) : lazily(() -> own.over(source(name).get()));
  }

  private Supplier<Fields> source(String section) {
    return Objects.requireNonNull(written.get(section));
  }

  /** An operator's entries, each over the one that it is like. */
  private Fields laidOver(String section, Fields entries) {
    var known = source(section).get().child(section);
    var names = names(section);
    Map<String, Object> over = new LinkedHashMap<>();
    for (String name : entries.keys()) {
      var entry = entries.child(name);
      String like = entry.text("like", "");
      String called = names.spelled(name).orElse(name);
      if (!like.isEmpty()) {
        String base = names.spelled(like).orElseThrow(() -> unlike(entry, names, like));
        Map<String, Object> all =
            new LinkedHashMap<>(entry.over(known.child(base).without("aliases")).values());
        all.put("like", base);
        over.put(called, all);
      } else {
        over.put(called, entry.values());
      }
    }
    return Fields.of("catalog", Map.of(section, over));
  }

  private static IllegalArgumentException unlike(Fields entry, Names<?> names, String like) {
    return new IllegalArgumentException(entry.path() + ".like: " + names.unknown(like));
  }

  private Names<?> names(String section) {
    return switch (section) {
      case "gpus" -> gpus();
      case "nodes" -> nodes();
      case "models" -> models();
      case "engines" -> engines.get();
      default -> prices();
    };
  }

  private void tell(String section, Fields own, BiConsumer<String, Set<String>> keysSeen) {
    if (own.keys().isEmpty()) {
      return;
    }
    var names = names(section);
    var read = source(section).get().child(section);
    own.keys().stream()
        .flatMap(name -> names.spelled(name).stream())
        .forEach(name -> read.child(name).tell("catalog." + section + ".*", keysSeen));
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

    static Hardware read(Fields root) {
      var gpus = CatalogYaml.names("gpu", root.child("gpus"), CatalogYaml::gpu);
      var nodes = CatalogYaml.names("node", root.child("nodes"), n -> CatalogYaml.node(n, gpus));
      return new Hardware(gpus.plus(nodes.map(Node::gpu)), nodes);
    }
  }
}
