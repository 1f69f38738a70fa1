package io.penstock.config.catalog;

import io.penstock.planner.capacity.Engine;
import io.penstock.planner.capacity.Engine.Claim;
import io.penstock.planner.capacity.EngineParameters;
import io.penstock.planner.cost.TokenPrice;
import io.penstock.planner.hardware.Gpu;
import io.penstock.planner.hardware.Link;
import io.penstock.planner.hardware.Node;
import io.penstock.planner.hardware.Peak;
import io.penstock.planner.model.ModelSpec;
import io.penstock.planner.model.ModelSpec.Attention;
import io.penstock.planner.model.ModelSpec.Experts;
import io.penstock.planner.model.ModelSpec.Parameters;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * The catalogue's YAML: one method for each kind of entry, which derives what the entry need not
 * say.
 */
final class CatalogYaml {
  private static final double GIGA = 1e9;
  private static final double GIBI = 1L << 30;
  private static final double TERA = 1e12;
  private static final double DEFAULT_RESERVE = 0.5;

  private CatalogYaml() {}

  /** Every entry of {@code section}, by name and alias. */
  static <T> Names<T> names(String kind, Fields section, Function<Fields, T> reader) {
    Map<String, T> byName = new LinkedHashMap<>();
    Map<String, List<String>> aliases = new HashMap<>();
    for (String name : section.keys()) {
      var entry = section.child(name);
      try {
        byName.put(name, reader.apply(entry));
        aliases.put(name, entry.texts("aliases"));
        entry.text("like", "");
        entry.done();
      } catch (IllegalArgumentException refused) {
        throw new IllegalArgumentException(at(entry, refused), refused);
      }
    }
    return new Names<>(kind, byName, aliases);
  }

  private static String at(Fields entry, IllegalArgumentException refused) {
    String why = String.valueOf(refused.getMessage());
    return why.startsWith(entry.path()) ? why : entry.path() + ": " + why;
  }

  static Gpu gpu(Fields entry) {
    var tflops = entry.child("tflops");
    double link = entry.number("link-gbs", 32);
    priced(entry);
    return new Gpu(
        entry.key(),
        entry.number("memory-gib") * GIBI,
        entry.number("bandwidth-gbs") * GIGA,
        new Peak(
            tflops.number("bits16") * TERA,
            tflops.number("fp8", 0) * TERA,
            tflops.number("int8", 0) * TERA,
            tflops.number("fp4", 0) * TERA),
        entry.truth("bf16", true),
        new Link(linkKind(entry), link * GIGA),
        entry.number("usd-per-hour", 0),
        entry.number("spot-usd-per-hour", 0));
  }

  /** Where a price comes from is for people to read. */
  private static void priced(Fields entry) {
    entry.text("price-as-of", "");
    entry.text("price-source", "");
  }

  private static Link.Kind linkKind(Fields entry) {
    String kind = entry.text("link", "pcie");
    return switch (kind.toLowerCase(Locale.ROOT)) {
      case "nvlink" -> Link.Kind.NVLINK;
      case "pcie" -> Link.Kind.PCIE;
      default -> throw new IllegalArgumentException("link: must be nvlink or pcie, not " + kind);
    };
  }

  static Node node(Fields entry, Names<Gpu> gpus) {
    int count = entry.whole("gpus");
    double price = entry.number("usd-per-hour", 0);
    priced(entry);
    return new Node(
        entry.key(),
        gpus.get(entry.text("gpu", "")).at(price / count),
        count,
        entry.number("memory-gb") * GIGA,
        price,
        entry.number("purchase-usd", 0));
  }

  static ModelSpec model(Fields entry) {
    int layers = entry.whole("layers");
    int hidden = entry.whole("hidden");
    int heads = entry.whole("heads");
    int vocabulary = entry.whole("vocabulary");
    var mixture = entry.child("experts");
    var sliding = entry.child("sliding");
    return new ModelSpec(
        entry.key(),
        layers,
        hidden,
        heads,
        entry.whole("kv-heads", heads),
        entry.whole("head-dim", Math.max(1, hidden / heads)),
        vocabulary,
        parameters(entry, hidden, vocabulary),
        entry.has("experts")
            ? new Experts(
                mixture.whole("count"), mixture.whole("active"), mixture.whole("layers", layers))
            : Experts.NONE,
        new Attention(
            sliding.whole("window", 0), sliding.whole("layers", 0), entry.whole("latent", 0)),
        entry.whole("context-tokens"));
  }

  /** A gated expert is three matrices of hidden by its width. */
  private static Parameters parameters(Fields entry, int hidden, int vocabulary) {
    double total = entry.number("parameters");
    double head = (double) vocabulary * hidden;
    double embedding = entry.truth("tied", false) ? 0 : head;
    double expert = 0;
    if (entry.has("experts")) {
      var mixture = entry.child("experts");
      double each = 3.0 * hidden * mixture.whole("width");
      expert = each * mixture.whole("count") * mixture.whole("layers", entry.whole("layers"));
    }
    return new Parameters(total - head - embedding - expert, expert, head, embedding);
  }

  static ApiPrice price(Fields entry, String asOf, String source) {
    double input = entry.number("input");
    return new ApiPrice(
        entry.key(),
        entry.text("provider", ""),
        new TokenPrice(input, entry.number("cached-input", input), entry.number("output")),
        entry.whole("context-tokens", 0),
        entry.text("as-of", asOf),
        entry.text("source", source));
  }

  static Engines engine(Fields entry, EngineParameters prior) {
    var general = started(entry, prior);
    var own = overrides(entry, prior);
    Map<String, Engine> byGpu = new HashMap<>();
    Map<String, Map<String, Double>> ownByGpu = new HashMap<>();
    var gpus = entry.child("on");
    for (String gpu : gpus.keys()) {
      byGpu.put(gpu, restarted(gpus.child(gpu), general));
      ownByGpu.put(gpu, overrides(gpus.child(gpu), prior));
    }
    return new Engines(general, byGpu, own, ownByGpu, entry.text("like", entry.key()));
  }

  /** The parameters that are written beside an engine, over any fit. */
  private static Map<String, Double> overrides(Fields entry, EngineParameters prior) {
    var written = entry.child("parameters");
    parameters(written, prior);
    Map<String, Double> own = new HashMap<>();
    for (int i = 0; i < EngineParameters.COUNT; i++) {
      String name = EngineParameters.name(i);
      if (written.has(name)) {
        own.put(name, written.number(name));
      }
    }
    return own;
  }

  private static Engine started(Fields entry, EngineParameters parameters) {
    return new Engine(
        entry.key(),
        parameters,
        entry.whole("max-sequences"),
        entry.whole("step-tokens"),
        new Claim(
            entry.number("memory-fraction"),
            entry.truth("of-free-memory", false) ? Claim.Of.FREE : Claim.Of.TOTAL,
            entry.number("reserve", DEFAULT_RESERVE)),
        entry.truth("splits-layers", false));
  }

  private static Engine restarted(Fields entry, Engine general) {
    return general
        .withMaxSequences(entry.whole("max-sequences", general.maxSequences()))
        .withStepTokens(entry.whole("step-tokens", general.stepTokens()));
  }

  static EngineParameters parameters(Fields entry, EngineParameters otherwise) {
    double[] values = otherwise.toArray();
    for (int i = 0; i < values.length; i++) {
      values[i] = entry.number(EngineParameters.name(i), values[i]);
    }
    return EngineParameters.of(values);
  }
}
