package io.penstock.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.penstock.config.catalog.Catalog;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaTest {
  /** Every section of a config, with no more than it must have. */
  static final String LEAST =
      """
      {"server": {"tls": {"certificate": "c", "key": "k"}}, "admin": {"tls": {"certificate": "c", "key": "k"}}, "complexity": {}, "cache": {},
       "tiers": {"t": {"limits": {}, "tenant-limits": {}, "tier-limits": {}, "route": {"simple": "p", "medium": "p", "complex": "p"}}},
       "keys": [{"id": "k", "sha256": "%s", "tier": "t"}],
       "jwt": {"issuer": "https://i", "audience": ["a"], "default-tier": "t"},
       "pools": {"p": {"model": "llama-2-7b", "backends": [{"id": "b", "url": "http://b"}],
                       "capacity": {"gpu": "l4", "scaling": {"controller": {"kubernetes": {"deployment": "d"}}}}, "slo": {}, "timeouts": {}, "balance": {}, "queue": {}, "limits": {},
                       "breaker": {}, "retries": {}, "hedge": {}, "batch": {}, "health": {},
                       "supports": {}, "price": {"input": 1, "output": 2}},
                 "d": {"model": "llama-2-7b", "discover": {"srv": "_http._tcp.d"}}},
       "redis": {"url": "redis://r", "on-failure-of": {}}, "traffic": {"directory": "d"}, "traces": {"endpoint": "http://t:4318"},
       "catalog": {
         "gpus": {"own": {"like": "l4", "tflops": {}}},
         "nodes": {"own": {"like": "dgx-h200"}},
         "models": {"own": {"like": "mixtral-8x7b", "sliding": {"window": 4096}, "experts": {"count": 8, "active": 2, "width": 14336}}},
         "engines": {"own": {"like": "vllm", "parameters": {}, "on": {"own": {"parameters": {}}}}},
         "prices": {"own": {"like": "gpt-4"}}}}
      """
          .formatted("a".repeat(64));

  private static final Map<String, Class<? extends Record>> RECORDS =
      Map.ofEntries(
          Map.entry("", PenstockConfig.class),
          Map.entry("server", Server.class),
          Map.entry("server.tls", Tls.class),
          Map.entry("admin", Admin.class),
          Map.entry("admin.tls", Tls.class),
          Map.entry("tiers.*", Tier.class),
          Map.entry("tiers.*.limits", Limits.class),
          Map.entry("tiers.*.tenant-limits", Limits.class),
          Map.entry("tiers.*.tier-limits", Limits.class),
          Map.entry("keys[]", ApiKey.class),
          Map.entry("jwt", Jwt.class),
          Map.entry("pools.*", Pool.class),
          Map.entry("pools.*.backends[]", Pool.Backend.class),
          Map.entry("pools.*.discover", Discovery.class),
          Map.entry("pools.*.capacity", Capacity.class),
          Map.entry("pools.*.capacity.scaling", Scaling.class),
          Map.entry("pools.*.capacity.scaling.controller", Controller.class),
          Map.entry("pools.*.capacity.scaling.controller.kubernetes", Controller.Kubernetes.class),
          Map.entry("pools.*.slo", Slo.class),
          Map.entry("pools.*.timeouts", Timeouts.class),
          Map.entry("pools.*.balance", Balance.class),
          Map.entry("pools.*.queue", Waiting.class),
          Map.entry("pools.*.limits", Limits.class),
          Map.entry("pools.*.breaker", Breaker.class),
          Map.entry("pools.*.retries", Retries.class),
          Map.entry("pools.*.hedge", Hedge.class),
          Map.entry("pools.*.batch", Batch.class),
          Map.entry("pools.*.supports", Pool.Supports.class),
          Map.entry("pools.*.price", Pool.Price.class),
          Map.entry("complexity", ComplexityBands.class),
          Map.entry("cache", Cache.class),
          Map.entry("redis", Redis.class),
          Map.entry("redis.on-failure-of", Redis.PerLimit.class),
          Map.entry("traffic", Traffic.class),
          Map.entry("traces", Traces.class));

  @Test
  void schema_andBinder_knowTheSameKeys() {
    var asked = new TreeMap<String, Set<String>>();
    Loaded loaded =
        ConfigFile.parse(
            "least",
            LEAST,
            Path.of("."),
            _ -> null,
            (kind, keys) -> asked.put(kind, new TreeSet<>(keys)));

    assertThat(Configs.errors(loaded)).isEmpty();
    var described = new TreeMap<String, Set<String>>();
    Schema.sections().forEach((kind, section) -> described.put(kind, keys(section)));
    assertThat(described).isEqualTo(asked);
  }

  @Test
  void schema_andRecords_haveTheSameComponents() {
    Schema.sections()
        .forEach((kind, section) -> {
          if (kind.startsWith("catalog")) {
            return; // the planner's records are in other units
          }
          if (kind.equals("tiers.*.route")) {
            assertThat(keys(section))
                .isEqualTo(
                    Arrays.stream(Complexity.values())
                        .map(Complexity::label)
                        .collect(Collectors.toSet()));
            return;
          }
          if (kind.equals("pools.*.health")) {
            assertThat(keys(section)).containsExactlyInAnyOrder("interval", "metrics");
            return;
          }
          assertThat(RECORDS).containsKey(kind);
          Set<String> keys = keys(section);
          if (kind.equals("pools.*")) {
            assertThat(keys.remove("url")).as("the short form of backends").isTrue();
            assertThat(keys.remove("key")).as("the short form of keys").isTrue();
            assertThat(keys.removeAll(Set.of("breaker", "retries", "hedge", "health"))).isTrue();
            keys.add("resilience");
          }
          assertThat(keys).as(kind).isEqualTo(components(RECORDS.get(kind)));
        });
  }

  @Test
  void schema_default_isWhatTheLoaderTakes() {
    var defaults = new ArrayList<String>();
    PenstockConfig least = Configs.config(LEAST);
    Schema.sections()
        .forEach((kind, section) ->
            section
                .get("properties")
                .properties()
                .forEach(property -> {
                  JsonNode value = property.getValue().get("default");
                  if (value != null) {
                    defaults.add(kind + "." + property.getKey());
                    ObjectNode written = (ObjectNode) Schema.json(LEAST);
                    at(written, kind).set(property.getKey(), value);
                    if (kind.isEmpty()) {
                      return;
                    }
                    assertThat(shipped(Configs.config(written.toString())))
                        .as(kind + "." + property.getKey() + ": " + value)
                        .isEqualTo(shipped(least));
                  }
                }));

    assertThat(defaults).hasSizeGreaterThan(35);
  }

  /** Catalogues are equal where they are the same. */
  private static PenstockConfig shipped(PenstockConfig config) {
    return new PenstockConfig(
        config.server(),
        config.admin(),
        config.tiers(),
        config.keys(),
        config.keysFile(),
        config.jwt(),
        config.pools(),
        config.complexity(),
        config.cache(),
        config.redis(),
        config.traffic(),
        config.traces(),
        Catalog.shipped());
  }

  @Test
  void schema_example_isTakenByBoth() {
    Schema.sections()
        .forEach((kind, section) ->
            section
                .get("properties")
                .properties()
                .forEach(property -> {
                  JsonNode examples = property.getValue().path("examples");
                  if (examples.isEmpty() || kind.isEmpty()) {
                    return;
                  }
                  String yaml = withExample(kind, property.getKey(), examples.get(0));
                  assertThat(Configs.errors(Configs.read(yaml, EVERYTHING_SET)))
                      .as(kind + "." + property.getKey())
                      .isEmpty();
                  assertThat(Schema.against(yaml)).isEmpty();
                }));
  }

  @Test
  void schema_everyKey_isDescribed() {
    Schema.sections()
        .forEach((kind, section) ->
            section
                .get("properties")
                .properties()
                .forEach(property ->
                    assertThat(property.getValue().path("description").asText())
                        .as(kind + "." + property.getKey())
                        .isNotBlank()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"penstock.yaml", "demo.yaml"})
  void schema_shippedFile_isAccepted(String file) {
    assertThat(Schema.against(Configs.shipped(file))).isEmpty();
  }

  /** What a schema cannot see: what one value says of another, and what is outside the file. */
  private static final Pattern BEYOND =
      Pattern.compile(
          "there is no|is also at|leads back|is below|environment has|catalogue has|cannot run|is"
              + " no precision|is no file|also in remove|also the data port|written twice|is no"
              + " address|fits here");

  @ParameterizedTest
  @MethodSource("io.penstock.config.ConfigFileTest#slips")
  void schema_slipInTheFilesShape_isRefusedAsByTheLoader(List<String> slip) {
    String yaml = ConfigFileTest.GOOD.replace(slip.get(0), slip.get(1));

    assertThat(Schema.against(ConfigFileTest.GOOD)).isEmpty();
    if (!BEYOND.matcher(slip.get(2)).find()) {
      assertThat(Schema.against(yaml)).as(slip.toString()).isNotEmpty();
    }
  }

  private static final Map<String, String> EVERYTHING_SET =
      Map.of(
          "ACME_KEY_SHA256", "b".repeat(64),
          "OPENAI_API_KEY", "secret",
          "PENSTOCK_ADMIN_TOKEN", "0123456789abcdef",
          "OPENAI_KEY_A", "one",
          "OPENAI_KEY_B", "another");

  /** The least config with an example in it, and the tiers and pools that examples speak of. */
  private static String withExample(String kind, String key, JsonNode example) {
    ObjectNode written = (ObjectNode) Schema.json(LEAST);
    ObjectNode pools = (ObjectNode) written.get("pools");
    for (String pool : List.of("small", "medium", "large")) {
      pools.set(pool, Schema.json("{\"model\": \"m\", \"url\": \"http://b\"}"));
    }
    ObjectNode tiers = (ObjectNode) written.get("tiers");
    tiers.set("paid", tiers.get("t").deepCopy());
    ObjectNode section = at(written, kind);
    section.set(key, example);
    if (kind.equals("pools.*") && List.of("url", "discover").contains(key)) {
      section.remove("backends");
    }
    if (kind.equals("pools.*.discover") && List.of("file", "dns").contains(key)) {
      section.remove("srv");
    }
    return written.toString();
  }

  private static ObjectNode at(ObjectNode root, String kind) {
    String pointer =
        kind.replace("tiers.*", "tiers.t")
            .replace("pools.*.discover", "pools.d.discover")
            .replace("pools.*", "pools.p")
            .replace(".*", ".own")
            .replace("[]", ".0")
            .replace('.', '/');
    return (ObjectNode) root.at(pointer.isEmpty() ? "" : "/" + pointer);
  }

  private static Set<String> keys(JsonNode section) {
    var keys = new TreeSet<String>();
    section.get("properties").fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  /** A record's components as keys: without units, and without the name that is the key above. */
  private static Set<String> components(Class<? extends Record> type) {
    var spelled =
        new HashMap<>(Map.of("contextTokens", "context-length", "name", "", "await", "wait"));
    return Arrays.stream(type.getRecordComponents())
        .map(RecordComponent::getName)
        .map(name -> spelled.getOrDefault(name, kebab(name)))
        .filter(key -> !key.isEmpty())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String kebab(String name) {
    return name.replaceAll("Bytes$", "")
        .replaceAll("([a-z])([A-Z])", "$1-$2")
        .toLowerCase(java.util.Locale.ROOT);
  }
}
