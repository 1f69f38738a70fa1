package io.penstock.gateway.cli;

import io.penstock.config.Capacity;
import io.penstock.config.ConfigFile;
import io.penstock.config.Loaded;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.loadtest.modelserver.ModelServer;
import io.penstock.loadtest.modelserver.ModelServer.Hardware;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * The demo's model servers, keys and config. The config is the one that the project ships as {@code
 * config/demo.yaml}; it leaves addresses and keys to variables, and they are made here.
 *
 * @param config what the gateway is started with
 * @param keys tier to key, in the order in which they are shown
 */
record DemoFleet(PenstockConfig config, Map<String, String> keys) {
  private static final String CONFIG = "/penstock/demo.yaml";
  private static final String VARIABLE = "PENSTOCK_DEMO_";
  private static final List<String> TIERS = List.of("free", "paid", "enterprise");

  /** Short answers, for somebody waits for the first one. */
  private static final int MEDIAN_COMPLETION_TOKENS = 80;

  /** The hardware behind the API: what its seller would need for a model of that size. */
  private static final Hardware API =
      new Hardware("llama-2-70b", "h100", 4, "vllm", "fp16", "fp16");

  /** Starts a server for every backend of the config, each on a free port. */
  static DemoFleet start(Vertx vertx) {
    Map<String, String> keys = new LinkedHashMap<>();
    TIERS.forEach(tier -> keys.put(tier, Keys.random(tier)));
    Map<String, String> environment = new HashMap<>();
    keys.forEach((tier, key) -> environment.put(variable(tier) + "_SHA256", Keys.sha256(key)));
    String providerKey = Keys.random("provider");
    environment.put(variable("large") + "_KEY", providerKey);
    environment.putAll(startServers(vertx, read(environment), providerKey));
    return new DemoFleet(read(environment), keys);
  }

  private static Map<String, String> startServers(
      Vertx vertx, PenstockConfig outline, String providerKey) {
    Map<String, Future<ModelServer>> starting = new LinkedHashMap<>();
    for (Pool pool : outline.pools().values()) {
      for (Pool.Backend backend : pool.backends()) {
        var options = options(pool, providerKey).withSeed(starting.size() + 1L);
        starting.put(variable(backend.id()), ModelServer.start(vertx, options));
      }
    }
    Map<String, String> urls = new HashMap<>();
    starting.forEach((variable, server) -> urls.put(variable, Serving.await(server).url()));
    return urls;
  }

  private static ModelServer.Options options(Pool pool, String providerKey) {
    var options =
        ModelServer.Options.defaults()
            .withModel(pool.servedModel())
            .withHardware(pool.capacity().map(of -> hardware(pool, of)).orElse(API))
            .withMaxModelTokens(pool.contextTokens())
            .withMedianCompletionTokens(MEDIAN_COMPLETION_TOKENS);
    return !pool.keys().isEmpty() ? options.withApiKey(providerKey) : options;
  }

  private static Hardware hardware(Pool pool, Capacity of) {
    return new Hardware(
        pool.model(), of.gpu(), of.gpusPerReplica(), of.engine(), of.weights(), of.kv());
  }

  /** Reads the shipped config; a server that does not run yet is nowhere. */
  private static PenstockConfig read(Map<String, String> environment) {
    var loaded =
        ConfigFile.parse(
            "demo.yaml",
            text(),
            Path.of("."),
            name ->
                name.startsWith(VARIABLE)
                    ? environment.getOrDefault(name, "http://127.0.0.1:1")
                    : null);
    return switch (loaded) {
      case Loaded.Ok(var config, _) -> config;
      case Loaded.Invalid(var problems, _) -> throw Failure.no(ConfigOption.lines(problems));
    };
  }

  private static String text() {
    try (var in = DemoFleet.class.getResourceAsStream(CONFIG)) {
      return new String(Objects.requireNonNull(in, CONFIG).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code small-1} is {@code PENSTOCK_DEMO_SMALL_1}. */
  private static String variable(String name) {
    return VARIABLE + name.toUpperCase(Locale.ROOT).replace('-', '_');
  }
}
