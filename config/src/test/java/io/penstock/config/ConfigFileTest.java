package io.penstock.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ConfigFileTest {
  static final String GOOD =
      """
      tiers:
        free:
          limits: {requests: 20/hour, tokens: 40000/hour, concurrency: 2}
          budget: 12.50/month
          priority: low
          route: {simple: small, medium: small, complex: large}
          when-busy: degrade
          reserved: {small: 25%}
      keys:
        - {id: acme, sha256: "HASH", tier: free, tenant: acme-corp}
      pools:
        small:
          model: llama-2-7b
          served-model: meta-llama/Llama-2-7b-chat-hf
          backends: [{id: small-1, url: "http://10.0.0.11:8000"}, {id: small-2, url: "http://10.0.0.12:8000"}]
          capacity: {gpu: t4, gpus-per-replica: 1, engine: vllm, weights: fp16, kv: fp16, usd-per-gpu-hour: 0.35, min: 1, max: 8}
          slo: {ttft: 800ms, tpot: 60ms}
          timeouts: {connect: 1s, first-token: 30s, between-tokens: 15s, total: 10m}
          fallback: [large]
          set: {top_k: 5, note: "a \\"b\\"", nested: {list: [1, 2.50, true, null]}}
          remove: [logit_bias]
        large:
          model: gpt-4
          url: https://api.openai.com/v1/
          key: ${OPENAI_API_KEY}
          limits: {requests: 100/minute}
          context-length: 8192
          supports: {vision: true}
          price: {input: 30, output: 60}
          response-model: alias
      cache: {memory: 10MiB, ttl: 1h, scope: tier, when: always}
      redis: {url: "redis://:${REDIS_PASSWORD}@127.0.0.1:6379", timeout: 20ms, on-failure: deny}
      traffic: {directory: traffic, fsync: 1s, keep: 30d}
      """
          .replace("HASH", "ab".repeat(32));

  private static final Map<String, String> ENVIRONMENT =
      Map.of("OPENAI_API_KEY", "sk-very-secret", "REDIS_PASSWORD", "pass-very-secret");

  @Test
  void read_everything_becomesTheRecords() {
    PenstockConfig config = Configs.config(Configs.read(GOOD, ENVIRONMENT));

    Tier free = config.tiers().get("free");
    assertThat(free.limits())
        .isEqualTo(
            new Limits(
                Optional.of(new Rate(20, Duration.ofHours(1))),
                Optional.of(new Rate(40_000, Duration.ofHours(1))),
                2));
    assertThat(free.budget()).contains(new Rate(12.5, Duration.ofDays(30)));
    assertThat(free.route())
        .isEqualTo(
            Map.of(
                Complexity.SIMPLE,
                "small",
                Complexity.MEDIUM,
                "small",
                Complexity.COMPLEX,
                "large"));
    assertThat(free.whenBusy()).isEqualTo(Tier.WhenBusy.DEGRADE);
    assertThat(free.reserved()).isEqualTo(Map.of("small", 0.25));

    Pool small = config.pools().get("small");
    assertThat(small.provider()).isEqualTo(Pool.Provider.VLLM);
    assertThat(small.backends()).extracting(Pool.Backend::id).containsExactly("small-1", "small-2");
    assertThat(small.contextTokens()).as("the catalogue's").isEqualTo(4096);
    assertThat(small.slo()).isEqualTo(new Slo(Duration.ofMillis(800), Duration.ofMillis(60)));
    assertThat(small.set())
        .containsEntry("top_k", "5")
        .containsEntry("note", "\"a \\\"b\\\"\"")
        .containsEntry("nested", "{\"list\":[1,2.50,true,null]}");
    assertThat(small.remove()).containsExactly("logit_bias");

    Pool large = config.pools().get("large");
    assertThat(large.provider()).isEqualTo(Pool.Provider.OPENAI);
    assertThat(large.servedModel()).isEqualTo("gpt-4");
    assertThat(large.backends())
        .singleElement()
        .hasToString("Backend[id=large, url=https://api.openai.com]");
    assertThat(large.price()).contains(new Pool.Price(30, 30, 60));
    assertThat(large.supports()).isEqualTo(new Pool.Supports(true, false, true, true));
    assertThat(large.responseModel()).isEqualTo(Pool.ResponseModel.ALIAS);

    assertThat(config.cache().memoryBytes()).isEqualTo(10L << 20);
    assertThat(config.redis().orElseThrow().url())
        .isEqualTo(new Secret("redis://:pass-very-secret@127.0.0.1:6379"));
    assertThat(config.traffic().orElseThrow().keep()).isEqualTo(Duration.ofDays(30));
    assertThat(config.toString()).doesNotContain("very-secret");
  }

  /** What is replaced in the good file, by what, and the one line that must come of it. */
  static List<List<String>> slips() {
    return List.of(
        List.of(
            "20/hour",
            "20/week",
            "3:24: tiers.free.limits.requests: \"20/week\" is not a rate: write a whole number over"
                + " 0, a slash and second, minute, hour, day or month, as 20/hour"),
        List.of("20/hour", "0/hour", "\"0/hour\" is not a rate"),
        List.of("20/hour", "2.5/hour", "\"2.5/hour\" is not a rate"),
        List.of("20/hour", "20", "\"20\" is not a rate"),
        List.of(
            "20/hour", "", "tiers.free.limits.requests: has no value: write a whole number over 0"),
        List.of(
            "concurrency: 2",
            "concurrency: -2",
            "3:66: tiers.free.limits.concurrency: -2 is negative"),
        List.of(
            "concurrency: 2",
            "concurrency: two",
            "\"two\" is text: write a whole number, without quotes"),
        List.of("concurrency: 2", "concurrency: 2.5", "\"2.5\" is a number: write a whole number"),
        List.of(
            "concurrency: 2", "concurrency: 99999999999", "is not a whole number that fits here"),
        List.of(
            "concurrency: 2",
            "concurency: 2",
            "3:53: tiers.free.limits.concurency: is not a known key: did you mean concurrency?"),
        List.of(
            "concurrency: 2", "tokens: 2/hour", "3:53: tiers.free.limits.tokens: is written twice"),
        List.of(
            "12.50/month",
            "12.50 USD",
            "tiers.free.budget: \"12.50 USD\" is not a budget: write an amount in USD"),
        List.of(
            "priority: low",
            "priority: lwo",
            "tiers.free.priority: \"lwo\" is none of high, normal, low: did you mean low?"),
        List.of(
            "when-busy: degrade",
            "when_busy: degrade",
            "tiers.free.when_busy: is not a known key: did you mean when-busy?"),
        List.of(
            "complex: large}",
            "complex: huge}",
            "6:52: tiers.free.route.complex: there is no pool \"huge\": there are small, large"),
        List.of(
            "complex: large}", "complex: larg}", "there is no pool \"larg\": did you mean large?"),
        List.of(", complex: large}", "}", "6:12: tiers.free.route.complex: is missing: write it"),
        List.of(
            "{small: 25%}",
            "{small: 25}", "tiers.free.reserved.small: \"25\" is not a share: write a percentage"),
        List.of("{small: 25%}", "{small: 125%}", "\"125%\" is not a share"),
        List.of(
            "{small: 25%}",
            "{smal: 25%}",
            "tiers.free.reserved.smal: there is no pool \"smal\": did you mean small?"),
        List.of(
            "tier: free,",
            "tier: fre,",
            "keys[0].tier: there is no tier \"fre\": did you mean free?"),
        List.of("id: acme,", "id: \"ac me\",", "keys[0].id: \"ac me\" is not a name"),
        List.of(
            "id: acme,",
            "id: 17,",
            "keys[0].id: \"17\" is a number: put it in quotes, text is meant here"),
        List.of(
            "abab",
            "sk-1",
            "10:24: keys[0].sha256: what stands here is not a SHA-256: write the 64 hex digits"),
        List.of("model: llama-2-7b", "", "pools.small.model: is missing: write it"),
        List.of(
            "url: \"http://10.0.0.11:8000\"",
            "url: \"10.0.0.11:8000\"",
            "pools.small.backends[0].url: \"10.0.0.11:8000\" is no address: write"
                + " http://HOST:PORT"),
        List.of(
            "url: \"http://10.0.0.11:8000\"", "url: \"ftp://10.0.0.11\"", "write http://HOST:PORT"),
        List.of(
            "url: \"http://10.0.0.11:8000\"",
            "url: \"http://u:p@10.0.0.11\"",
            "pools.small.backends[0].url: holds a credential"),
        List.of(
            "url: \"http://10.0.0.11:8000\"",
            "url: \"http://10.0.0.11/?a=b\"",
            "has a ? or a # in it"),
        List.of(
            "url: \"http://10.0.0.11:8000\"", "url: \"http://10.0.0.11:80800\"", "is no address"),
        List.of(
            "url: \"http://10.0.0.11:8000\"",
            "url: \"${NOWHERE}\"",
            "the environment has no NOWHERE"),
        List.of(
            "url: \"http://10.0.0.11:8000\"",
            "url: \"http://${NOWHERE\"",
            "holds a torn reference: write ${NAME}"),
        List.of(
            "small-2",
            "small-1",
            "15:66: pools.small.backends[1].id: \"small-1\" is also at pools.small.backends[0]:"
                + " write each once"),
        List.of(
            "gpus-per-replica: 1",
            "gpus-per-replica: 0",
            "pools.small.capacity.gpus-per-replica: 0 is not between 1 and 64"),
        List.of(
            "usd-per-gpu-hour: 0.35",
            "usd-per-gpu-hour: .inf",
            "pools.small.capacity.usd-per-gpu-hour"),
        List.of(
            "usd-per-gpu-hour: 0.35",
            "usd-per-gpu-hour: -1",
            "-1 is not an amount: write 0 or more"),
        List.of(
            "gpu: t4",
            "gpu: t5",
            "pools.small.capacity.gpu: the catalogue has no GPU \"t5\": did you mean t4?"),
        List.of(
            "engine: vllm",
            "engine: vlm",
            "pools.small.capacity.engine: the catalogue has no engine \"vlm\": did you mean vllm?"),
        List.of(
            "weights: fp16",
            "weights: fp61",
            "pools.small.capacity.weights: \"fp61\" is no precision: did you mean fp16?"),
        List.of(
            "weights: fp16",
            "weights: bf16",
            "pools.small.capacity.weights: t4 cannot run bf16: write fp16"),
        List.of(
            "model: llama-2-7b",
            "model: lama-2-7b",
            "pools.small.model: the catalogue has no model \"lama-2-7b\": did you mean"
                + " llama-2-7b?"),
        List.of(
            "min: 1, max: 8",
            "min: 9, max: 8",
            "pools.small.capacity.max: 8 is below min, which is 9"),
        List.of(
            "ttft: 800ms",
            "ttft: 800",
            "pools.small.slo.ttft: \"800\" is not a duration: write a whole number and its unit, as"
                + " 500ms, 30s, 10m, 1h or 30d"),
        List.of("ttft: 800ms", "ttft: 0.8s", "\"0.8s\" is not a duration"),
        List.of(
            "first-token: 30s",
            "first-token: 0s",
            "pools.small.timeouts.first-token: 0s is no time at all"),
        List.of(
            "fallback: [large]",
            "fallback: [small]",
            "pools.small.fallback: leads back to small: a fallback goes one way"),
        List.of(
            "fallback: [large]",
            "fallback: large",
            "pools.small.fallback: \"large\" is text: write a list, as [a, b]"),
        List.of(
            "fallback: [large]",
            "fallback: [large, large]",
            "pools.small.fallback[1]: is written twice"),
        List.of("top_k: 5", "model: other", "pools.small.set.model: is not yours to set"),
        List.of("top_k: 5", "logit_bias: {}", "pools.small.set.logit_bias: is also in remove"),
        List.of("[logit_bias]", "[model]", "pools.small.remove: takes model away"),
        List.of(
            "context-length: 8192",
            "context-length: -1",
            "pools.large.context-length: -1 is negative"),
        List.of(
            "supports: {vision: true}",
            "supports: {vision: yes}",
            "pools.large.supports.vision: \"yes\" is text: write true or false"),
        List.of(
            "price: {input: 30, output: 60}",
            "price: {input: 30}",
            "pools.large.price.output: is missing"),
        List.of(
            "key: ${OPENAI_API_KEY}",
            "key: sk-proj-in-the-clear",
            "pools.large.key: stands in the clear: write ${ENV_NAME} or file:PATH instead"),
        List.of(
            "key: ${OPENAI_API_KEY}",
            "key: ${OPENAI_API_KEYS}",
            "25:10: pools.large.key: the environment has no OPENAI_API_KEYS: set that variable"),
        List.of(
            "key: ${OPENAI_API_KEY}",
            "key: ${OPENAI_API_KEY:-in-the-clear}",
            "pools.large.key: stands in the clear"),
        List.of(
            "key: ${OPENAI_API_KEY}",
            "key: file:no-such-file",
            "pools.large.key: \"file:no-such-file\" is no file"),
        List.of("url: https://api.openai.com/v1/", "", "pools.large.backends: is missing"),
        List.of(
            "model: gpt-4",
            "model: gpt-4\n    backends: [{id: a, url: \"http://a\"}]",
            "pools.large.url: stands beside backends: write one of them"),
        List.of(
            "memory: 10MiB",
            "memory: 10MB",
            "cache.memory: \"10MB\" is not a size: write a whole number and B, KiB, MiB or GiB, as"
                + " 10MiB"),
        List.of(
            "scope: tier",
            "scope: tiers",
            "cache.scope: \"tiers\" is none of tenant, tier, global: did you mean tier?"),
        List.of(
            "redis://:${REDIS_PASSWORD}@",
            "redis://:in-the-clear@",
            "redis.url: holds a password in the clear"),
        List.of(
            "redis://",
            "http://",
            "redis.url: what stands here is no address: write redis://HOST:PORT"),
        List.of("directory: traffic, ", "", "traffic.directory: is missing"),
        List.of("  large:\n", "  auto:\n", "pools.auto: auto is what lets Penstock route"),
        List.of(
            "traffic:", "server: {port: 9090}\ntraffic:", "admin.port: 9090 is also the data port"),
        List.of(
            "traffic:",
            "complexity: {medium: 0.9, complex: 0.5}\ntraffic:",
            "complexity.complex: 0.5 is below medium, which is 0.9"),
        List.of(
            "traffic:",
            "complexity: {medium: 1.5}\ntraffic:",
            "complexity.medium: 1.5 is not between 0 and 1"),
        List.of(
            "traffic:",
            "server: {port: 70000}\ntraffic:",
            "server.port: 70000 is not between 0 and 65535"),
        List.of(
            "traffic:",
            "server: [8080]\ntraffic:",
            "server: is a list: write keys with values here"),
        List.of(
            "traffic:",
            "servers: {}\ntraffic:",
            "servers: is not a known key: did you mean server?"),
        List.of("traffic:", "? [a, b]\n: c\ntraffic:", "is not a key: write a word"));
  }

  @ParameterizedTest
  @MethodSource("slips")
  void read_slip_isOneLineThatSaysWhatToWrite(List<String> slip) {
    String yaml = GOOD.replace(slip.get(0), slip.get(1));
    assertThat(yaml).isNotEqualTo(GOOD);

    Loaded loaded = Configs.read(yaml, ENVIRONMENT);

    assertThat(Configs.errors(loaded)).anyMatch(line -> line.contains(slip.get(2)));
    assertThat(Configs.errors(loaded)).allMatch(line -> line.lines().count() == 1);
    assertThat(loaded.toString()).doesNotContain("very-secret", "in-the-clear");
  }

  @Test
  void read_manySlips_areAllReported() {
    String yaml =
        GOOD.replace("20/hour", "often")
            .replace("priority: low", "prioritty: low")
            .replace("gpu: t4", "gpu: 4")
            .replace("ttft: 800ms", "ttft: fast")
            .replace("tier: free", "tier: gold");

    assertThat(Configs.errors(Configs.read(yaml, ENVIRONMENT)))
        .extracting(line -> line.split(": ")[1])
        .containsExactly(
            "tiers.free.limits.requests",
            "tiers.free.prioritty",
            "keys[0].tier",
            "pools.small.capacity.gpu",
            "pools.small.slo.ttft");
  }

  @Test
  void read_pathBelowAnError_isNotComplainedAboutAgain() {
    Loaded loaded = Configs.read(GOOD.replace("complex: large}", "complex: }"), ENVIRONMENT);

    assertThat(Configs.errors(loaded))
        .containsExactly("6:51: tiers.free.route.complex: has no value: write text here");
  }

  @Test
  void read_problem_carriesFileLineAndColumn() {
    Loaded loaded = Configs.read(GOOD.replace("priority: low", "priority: urgent"), ENVIRONMENT);

    assertThat(((Loaded.Invalid) loaded).problems())
        .containsExactly(
            new ConfigProblem(
                "penstock.yaml",
                5,
                15,
                "tiers.free.priority",
                "\"urgent\" is none of high, normal, low"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|is empty: write at least tiers and pools",
        "'# nothing'|is empty: write at least tiers and pools",
        "'just text'|\"just text\" is text: write keys with values here",
        "'[a, b]'|is a list: write keys with values here",
        "'tiers: {a: '|is not YAML: ",
        "'a: b: c'|is not YAML: mapping values are not allowed here",
        "'a: *nobody'|is not YAML: ",
        "'a: ${X}\u0001'|is not YAML: ",
        "'{key: ${X}}'|put ${NAME} in quotes where it stands inside { }",
      })
  void read_noConfigAtAll_saysWhy(String yaml, String message) {
    assertThat(Configs.errors(Configs.read(yaml))).anyMatch(line -> line.contains(message));
  }

  @Test
  void read_twoDocuments_isRefused() {
    assertThat(Configs.errors(Configs.read("a: b\n---\nc: d\n")))
        .singleElement()
        .asString()
        .contains("holds more than one document");
  }

  @Test
  void read_deeplyNested_isRefusedWithoutOverrunningTheStack() {
    assertThat(Configs.errors(Configs.read("a: " + "[".repeat(200_000))))
        .anyMatch(line -> line.contains("nested over 32 levels deep"));
  }

  @Test
  void read_aliases_mayShareWhatIsWrittenOnce() {
    String yaml =
        GOOD.replace("slo: {ttft", "slo: &slo {ttft").replace("price:", "slo: *slo\n    price:");

    PenstockConfig config = Configs.config(Configs.read(yaml, ENVIRONMENT));

    assertThat(config.pools().get("large").slo()).isEqualTo(config.pools().get("small").slo());
  }

  @Test
  void read_aliasBomb_isRefused() {
    var bomb = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 10; i++) {
      bomb.append("a%d: &a%d [%s]\n".formatted(i, i, ("*a" + (i - 1) + ", ").repeat(10)));
    }

    assertThat(Configs.errors(Configs.read(bomb.toString())))
        .anyMatch(line -> line.contains("aliases"));
  }

  @Test
  void read_valueThatHoldsItself_isRefused() {
    String yaml = GOOD.replace("set: {top_k: 5,", "set: {top_k: &self [*self],");

    assertThat(Configs.errors(Configs.read(yaml, ENVIRONMENT)))
        .anyMatch(line -> line.contains("pools.small.set.top_k: cannot be written as JSON"));
  }

  @Test
  void read_fallbacksInACircle_areRefusedWithTheWayRound() {
    String yaml =
        GOOD.replace(
                "price: {input: 30, output: 60}",
                "fallback: [third]\n    price: {input: 30, output: 60}")
            .replace(
                "cache:",
                "  third:\n    model: m\n    url: http://m\n    fallback: [small]\ncache:");

    assertThat(Configs.errors(Configs.read(yaml, ENVIRONMENT)))
        .anyMatch(line ->
            line.contains("pools.small.fallback: leads back to small by way of large, third"))
        .hasSize(3);
  }

  @Test
  void read_reservationsOverTheWhole_areRefused() {
    String tier = "{route: {simple: small, medium: small, complex: small}, reserved: {small: 80%}}";
    String yaml = GOOD.replace("keys:", "  paid: " + tier + "\nkeys:");

    assertThat(Configs.errors(Configs.read(yaml, ENVIRONMENT)))
        .singleElement()
        .asString()
        .contains("tiers.paid.reserved.small: brings the shares kept of small to 105%");
  }

  @Test
  void read_sameKeyTwice_isRefusedAtTheSecond() {
    String line = "  - {id: acme, sha256: \"" + "AB".repeat(32) + "\", tier: free}\n";

    assertThat(
            Configs.errors(Configs.read(GOOD.replace("pools:\n", line + "pools:\n"), ENVIRONMENT)))
        .containsExactly(
            "11:10: keys[1].id: \"acme\" is also at keys[0]: write each once",
            "11:24: keys[1].sha256: this key is also at keys[0]: write each once");
  }

  @Test
  void read_keyLeftOut_leavesTheOthersTheirPlaces() {
    String lines =
        "keys:\n  - {id: gone, sha256: \"${GONE:-}\", tier: free}\n  - {id: x, sha256: \""
            + "cd".repeat(32)
            + "\", tier: none}\n";

    Loaded loaded = Configs.read(GOOD.replace("keys:\n", lines), ENVIRONMENT);

    assertThat(Configs.errors(loaded))
        .singleElement()
        .asString()
        .startsWith("11:")
        .contains("keys[1].tier: there is no tier \"none\"");
    assertThat(Configs.warnings(loaded))
        .contains("10:24: keys[0].sha256: is not set: this key is left out");
  }

  @Test
  void load_secretFromAFile_isTrimmed(@TempDir Path directory) throws IOException {
    Files.writeString(directory.resolve("openai"), "  sk-from-file \n");
    Path file = directory.resolve("config.yaml");
    Files.writeString(file, GOOD.replace("key: ${OPENAI_API_KEY}", "key: file:openai"));

    PenstockConfig config = Configs.config(ConfigFile.load(file, ENVIRONMENT::get));

    assertThat(config.pools().get("large").keys()).contains(new Secret("sk-from-file"));
  }

  @Test
  void load_emptySecretFile_isRefused(@TempDir Path directory) throws IOException {
    Files.writeString(directory.resolve("openai"), "\n");
    Path file = directory.resolve("config.yaml");
    Files.writeString(file, GOOD.replace("key: ${OPENAI_API_KEY}", "key: file:openai"));

    assertThat(Configs.errors(ConfigFile.load(file, ENVIRONMENT::get)))
        .singleElement()
        .asString()
        .endsWith("pools.large.key: \"file:openai\" is empty: write the secret into it");
  }

  @Test
  void load_noFile_isOneLine(@TempDir Path directory) {
    Path file = directory.resolve("nowhere.yaml");

    assertThat(Configs.errors(ConfigFile.load(file, _ -> null)))
        .containsExactly(file + ": no such file");
    assertThat(Configs.errors(ConfigFile.load(directory, _ -> null)))
        .containsExactly(directory + ": is a directory: name the file in it");
  }

  @Test
  void load_notUtf8_isOneLine(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("latin1.yaml");
    Files.write(file, "tiers: {größe: 1}".getBytes(StandardCharsets.ISO_8859_1));

    assertThat(Configs.errors(ConfigFile.load(file, _ -> null)))
        .containsExactly(file + ": is not UTF-8: save it as UTF-8");
  }

  @Test
  void load_endlessFile_isRefused() {
    assertThat(Configs.errors(ConfigFile.load(Path.of("/dev/zero"), _ -> null)))
        .containsExactly("/dev/zero: is over 1 MiB: a config is not that large");
  }

  @Test
  void load_byteOrderMark_isNoPartOfTheConfig(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("bom.yaml");
    Files.writeString(file, "\uFEFF" + GOOD);

    assertThat(ConfigFile.load(file, ENVIRONMENT::get)).isInstanceOf(Loaded.Ok.class);
  }

  @Test
  void record_ofWhatCannotBe_namesKeyAndValue() {
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> new Admin("", 70_000, Optional.empty(), Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "host: is empty: write a value; port: 70000 is not between 0 and 65535: write a number"
                + " in that range");
  }
}
