package io.penstock.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xml.sax.InputSource;

final class PlanCommandTest {
  private static final String SCENARIOS = "../config/scenarios/";
  private static final String CONFIG =
      """
      tiers:
        all: {route: {simple: small, medium: small, complex: large}}
      keys: [{id: me, sha256: "%s", tier: all}]
      pools:
        small:
          model: llama-3.1-8b
          backends: [{id: small-1, url: "http://127.0.0.1:8000"}]
          capacity: {gpu: l4, weights: fp8, min: 1, max: 4}
          slo: {ttft: 800ms, tpot: 60ms}
        large: {provider: openai, model: gpt-4o, url: "http://127.0.0.1:1"}
      """
          .formatted("a".repeat(64));
  private static final String SCENARIO =
      """
      name: plain
      traffic: {requests-per-second: {peak: 12, average: 4}, prompt-tokens: 150, completion-tokens: 100}
      slo: {ttft-p95: 1s, total-p95: 20s}
      availability: {headroom: 20%, spare-replicas: 1}
      pools: {small: {model: llama-2-7b, gpu: t4, engine: vllm, weights: fp16, share: 100%}}
      """;

  @TempDir private Path folder;

  @BeforeAll
  static void shipped() {
    System.setProperty("penstock.home", "..");
  }

  @AfterAll
  static void forget() {
    System.clearProperty("penstock.home");
  }

  // ---- --json

  @ParameterizedTest
  @ValueSource(
      strings = {
        "000-1-customer-service",
        "001-1-support-chatbot",
        "003-2-enterprise",
        "004-4-large-scale"
      })
  void json_ofAScenario_hasItsKeysAndSumsUp(String name) {
    var json = new JsonObject(run("plan", "--json", "--scenario", scenario(name)).out());
    assertThat(json.fieldNames())
        .containsExactlyInAnyOrder(
            "scenario",
            "source",
            "met",
            "usd_per_month",
            "usd_per_request",
            "pools",
            "claims",
            "given");
    double sum = 0;
    for (JsonObject pool : objects(json.getJsonArray("pools"))) {
      assertThat(pool.fieldNames()).contains("pool", "candidate", "share", "met");
      if (pool.getJsonObject("plan") != null) {
        pool(pool);
        sum +=
            pool.getBoolean("candidate")
                ? 0
                : pool.getJsonObject("plan").getDouble("usd_per_month");
      } else if (pool.containsKey("bought") && !pool.getBoolean("candidate")) {
        sum += pool.getJsonObject("bought").getDouble("usd_per_month");
      }
    }
    assertThat(json.getDouble("usd_per_month")).isCloseTo(sum, within(1e-6 * sum));
    for (JsonObject claim : objects(json.getJsonArray("claims"))) {
      assertThat(claim.fieldNames())
          .containsExactlyInAnyOrder(
              "what",
              "pool",
              "text",
              "value",
              "up_to",
              "tolerance",
              "verdict",
              "arithmetic",
              "method",
              "method_value",
              "penstock",
              "formula",
              "because");
      assertThat(claim.getString("verdict")).isIn("holds", "differs", "contradicts itself");
    }
  }

  private static void pool(JsonObject pool) {
    assertThat(pool.fieldNames())
        .contains("answer", "without_slo", "relax", "alternatives", "pareto", "growth", "phases");
    var plan = pool.getJsonObject("plan");
    assertThat(plan.fieldNames())
        .containsExactlyInAnyOrder(
            "hardware",
            "gpu",
            "gpus_per_replica",
            "replicas",
            "constraint",
            "usd_per_month",
            "total_p95",
            "replica_terms",
            "on_spot",
            "domains",
            "gpus",
            "requests_per_second_within_slo",
            "requests_per_second_at_most",
            "peak_requests_per_second",
            "average_requests_per_second",
            "uncertainty",
            "utilisation",
            "wait_probability",
            "at_peak",
            "at_average",
            "memory_bytes",
            "step_seconds",
            "cost",
            "explain");
    var terms = plan.getJsonObject("replica_terms");
    assertThat(terms.stream().mapToInt(term -> (Integer) term.getValue()).sum())
        .isEqualTo(plan.getInteger("replicas"));
    assertThat(
            objects(plan.getJsonArray("domains")).stream()
                .mapToInt(domain -> domain.getInteger("replicas"))
                .sum())
        .isEqualTo(plan.getInteger("replicas"));
    for (String when : List.of("at_peak", "at_average")) {
      for (String what : List.of("ttft", "tpot", "total")) {
        var latency = plan.getJsonObject(when).getJsonObject(what);
        assertThat(latency.fieldNames()).containsExactlyInAnyOrder("mean", "p50", "p95", "p99");
        assertThat(latency.getDouble("p50"))
            .isLessThanOrEqualTo(latency.getDouble("p95"))
            .isPositive();
        assertThat(latency.getDouble("p95")).isLessThanOrEqualTo(latency.getDouble("p99"));
      }
    }
    assertThat(plan.getJsonObject("memory_bytes").stream().mapToDouble(PlanCommandTest::value))
        .allMatch(bytes -> bytes >= 0);
    for (JsonObject lost : objects(pool.getJsonArray("alternatives"))) {
      assertThat(lost.getString("why")).isNotBlank();
      assertThat(lost.getString("hardware")).isNotBlank();
    }
  }

  private static double value(java.util.Map.Entry<String, Object> entry) {
    return ((Number) entry.getValue()).doubleValue();
  }

  @Test
  void json_ofAConfig_hasItsPoolsWithinTheirReplicas() throws Exception {
    var said = run("plan", "--json", "--config", config(), "--rate", "4", "--share", "small=50%");
    assertThat(said.code()).as(said.err()).isZero();
    var pools = objects(new JsonObject(said.out()).getJsonArray("pools"));
    assertThat(pools).extracting(pool -> pool.getString("pool")).containsExactly("small", "large");
    assertThat(pools.getFirst().getJsonObject("plan").getInteger("replicas")).isBetween(1, 4);
    assertThat(pools.getLast().getJsonObject("bought").getDouble("usd_per_request")).isPositive();
  }

  @Test
  void config_thatNeedsMoreReplicasThanMayRun_saysThatTheMostBinds() throws Exception {
    var said = run("plan", "--config", config(), "--rate", "200");
    assertThat(said.code()).isEqualTo(1);
    assertThat(said.out())
        .contains("no plan meets this: it takes ", ", and at most 4 replicas may run")
        .contains("most replicas: more replicas than may run");
  }

  // ---- --traffic

  private static String journalled(int second, String pool, int prompt) {
    return """
    {"v":1,"time":"2026-11-21T07:10:%02d.000Z","tier":"paid","pool":"%s","outcome":"answered","prompt_tokens":%d,"completion_tokens":100}
    """
        .formatted(second, pool, prompt);
  }

  @Test
  void traffic_ofAJournal_sizesThePoolsThatItNames() throws Exception {
    Path journal = Files.createDirectory(folder.resolve("traffic"));
    var packed = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(packed)) {
      for (int i = 0; i < 30; i++) {
        gzip.write(journalled(i, "small", 100).getBytes(StandardCharsets.UTF_8));
      }
    }
    Files.write(journal.resolve("1.jsonl.gz"), packed.toByteArray());
    String refused =
        "{\"v\":1,\"time\":\"2026-11-21T07:10:31.000Z\",\"outcome\":\"refused\",\"status\":429}\n";
    Files.writeString(
        journal.resolve("2.jsonl"),
        journalled(40, "small", 700) + refused + journalled(59, "small", 100) + "{\"v\":1,\"ti");

    var said = run("plan", "--json", "--config", config(), "--traffic", journal.toString());

    assertThat(said.code()).as(said.err()).isZero();
    var json = new JsonObject(said.out());
    assertThat(objects(json.getJsonArray("pools")))
        .singleElement()
        .satisfies(pool -> {
          assertThat(pool.getString("pool")).isEqualTo("small");
          assertThat(pool.getJsonObject("plan").getDouble("average_requests_per_second"))
              .isCloseTo(32 / 59.0, within(1e-9));
        });
    assertThat(json.getJsonArray("given").encode())
        .contains("32 requests in 59 s", "prompts 119, completions 100 tokens");
  }

  @Test
  void traffic_ofATrace_isSharedOut() throws Exception {
    Path trace =
        Files.writeString(
            folder.resolve("azure.csv"),
            """
            TIMESTAMP,ContextTokens,GeneratedTokens
            2023-11-16 18:15:46.6805900,374,44
            2023-11-16 18:15:56.9951690,396,109
            2023-11-16 18:16:06.9951690,879,55
            """);
    var said =
        run(
            "plan",
            "--json",
            "--config",
            config(),
            "--traffic",
            trace.toString(),
            "--share",
            "small=75%");
    assertThat(said.code()).as(said.err()).isZero();
    var pools = objects(new JsonObject(said.out()).getJsonArray("pools"));
    assertThat(pools).extracting(pool -> pool.getDouble("share")).containsExactly(0.75, 0.25);
  }

  @Test
  void traffic_thatIsBroken_isOneLineWithItsPlace() throws Exception {
    Path journal = Files.createDirectory(folder.resolve("traffic"));
    Files.writeString(
        journal.resolve("1.jsonl"),
        journalled(1, "small", 100) + "{no\n" + journalled(2, "small", 1));
    var said = run("plan", "--config", config(), "--traffic", journal.toString());
    assertThat(said.code()).isEqualTo(1);
    assertThat(said.err().lines())
        .singleElement()
        .asString()
        .startsWith(journal.resolve("1.jsonl") + ":2: ");

    Files.writeString(journal.resolve("1.jsonl"), journalled(1, "smal", 100));
    assertThat(run("plan", "--config", config(), "--traffic", journal.toString()).err())
        .contains("the traffic has a pool 'smal' that the config has not: did you mean small?");
    assertThat(run("plan", "--config", config(), "--traffic", "nowhere").err())
        .isEqualToIgnoringNewLines("nowhere: no such file or directory");
  }

  // ---- --html

  @ParameterizedTest
  @ValueSource(strings = {"001-1-support-chatbot", "004-2-growth", "003-4-research"})
  void html_standsAloneAndHasEveryDrawing(String name) throws Exception {
    String page = page("--scenario", scenario(name));
    assertThat(page)
        .doesNotContainIgnoringCase("http")
        .doesNotContainIgnoringCase("<script")
        .doesNotContain("src=", "url(", "@import", "<link", "NaN", "Infinity");
    var json = new JsonObject(run("plan", "--json", "--scenario", scenario(name)).out());
    long plans =
        objects(json.getJsonArray("pools")).stream()
            .filter(pool -> pool.getJsonObject("plan") != null)
            .count();
    assertThat(plans).isPositive();
    for (String title :
        List.of(
            "Memory of one GPU",
            "One decode step at the peak",
            "of one replica against its load",
            "Cost a month by GPU, cheapest that keeps the SLO",
            "Cost against p95 of a request; the line: the best",
            "Cost a month as traffic grows")) {
      assertThat(headings(page).filter(each -> each.contains(title)).count())
          .as(title)
          .isGreaterThanOrEqualTo(plans);
    }
    assertThat(headings(page).filter(each -> each.equals("Memory of one GPU")).count())
        .isEqualTo(plans);
  }

  @Test
  void html_drawings_areWellFormedAndWithinTheirBox() throws Exception {
    var drawings = Pattern.compile("<svg.*?</svg>").matcher(page("--audit")).results().toList();
    assertThat(drawings).hasSizeGreaterThan(100);
    var factory = DocumentBuilderFactory.newInstance();
    for (var drawing : drawings) {
      var svg =
          factory
              .newDocumentBuilder()
              .parse(new InputSource(new StringReader(drawing.group())))
              .getDocumentElement();
      assertThat(svg.getAttribute("aria-label")).isNotBlank();
      var box = svg.getAttribute("viewBox").split(" ");
      var boxes = svg.getElementsByTagName("rect");
      for (int i = 0; i < boxes.getLength(); i++) {
        var attributes = boxes.item(i).getAttributes();
        double right = number(attributes, "x") + number(attributes, "width");
        assertThat(right).isLessThanOrEqualTo(Double.parseDouble(box[2]) + 0.2);
        assertThat(number(attributes, "width")).isNotNegative();
      }
      var texts = svg.getElementsByTagName("text");
      for (int i = 0; i < texts.getLength(); i++) {
        assertThat(number(texts.item(i).getAttributes(), "x")).isBetween(0.0, 460.0);
        assertThat(number(texts.item(i).getAttributes(), "y"))
            .isBetween(0.0, Double.parseDouble(box[3]));
      }
    }
  }

  private static double number(org.w3c.dom.NamedNodeMap attributes, String name) {
    return Double.parseDouble(attributes.getNamedItem(name).getNodeValue());
  }

  @Test
  void html_latencyAgainstLoad_isOfWhatIsPromised() throws Exception {
    assertThat(page("--scenario", scenario("001-1-support-chatbot")))
        .contains("Time of a whole request of one replica against its load", "SLO: mean 2 s")
        .doesNotContain("SLO: p95");
    assertThat(page("--scenario", scenario("004-2-growth")))
        .contains("Time to the first token of one replica against its load", "SLO: p95 2 s");
  }

  @Test
  void html_thatCannotBeWritten_isSaid() throws Exception {
    var said =
        run("plan", "--config", config(), "--html", folder.resolve("no/such/a.html").toString());
    assertThat(said.code()).isEqualTo(3);
    assertThat(said.err()).contains("a.html: cannot be written").hasLineCount(1);
  }

  private String page(String... arguments) throws Exception {
    Path file = folder.resolve("plan.html");
    var all = new ArrayList<>(List.of("plan", "--html", file.toString()));
    all.addAll(List.of(arguments));
    run(all.toArray(String[]::new));
    return Files.readString(file);
  }

  private static java.util.stream.Stream<String> headings(String page) {
    return Pattern.compile("<h3>(.*?)</h3>").matcher(page).results().map(found -> found.group(1));
  }

  // ---- --explain

  @Test
  void explain_hasTheFormulaOfEveryFigure() throws Exception {
    var said = run("plan", "--explain", "--config", config(), "--rate", "2").out();
    for (String figure :
        List.of(
            "weights",
            "KV cache",
            "KV per token",
            "n_max",
            "bandwidth floor",
            "saturation",
            "X_slo",
            "replicas for the peak",
            "replicas for headroom",
            "spares",
            "utilisation",
            "chance to wait",
            "month",
            "request, provisioned",
            "request, fully loaded")) {
      assertThat(said.lines().map(String::strip))
          .as(figure)
          .anyMatch(line -> line.startsWith(figure + " ") && line.contains(" = "));
    }
    assertThat(run("plan", "--config", config(), "--rate", "2").out()).doesNotContain("X_slo");
  }

  // ---- --audit

  @Test
  void audit_isOneTableWithEveryClaim() {
    var said = run("plan", "--audit");
    assertThat(said.code()).as(said.err()).isZero();
    var lines = said.out().lines().toList();
    assertThat(lines.getFirst()).startsWith("scenario ").endsWith("penstock");
    assertThat(lines.getLast()).startsWith("18 scenarios, " + (lines.size() - 2) + " claims: ");
    assertThat(lines.subList(1, lines.size() - 1))
        .allMatch(line -> line.matches("\\S+ +(holds|differs|contradicts itself) .*"));
  }

  // ---- what cannot be

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "model: llama-2-7b|model: llama-2-70b|GB of weights on each of 1 t4, which has room for",
        "total-p95: 20s|total-p95: 200ms|total-p95 of 200 ms is under the bandwidth floor",
        "ttft-p95: 1s|ttft-p95: 1ms|ttft-p95 of 1 ms is under the bandwidth floor",
        "prompt-tokens: 150|prompt-tokens: 9000|takes 4096 tokens, and a request has 9100",
        "peak: 12|peak: 1000000000000|would take over a million replicas"
      })
  void plan_thatCannotBe_saysWhyInOneLine(String from, String to, String says) throws Exception {
    var said = run("plan", "--scenario", changed(from, to));
    assertThat(said.code()).isEqualTo(1);
    assertThat(said.err()).isEmpty();
    assertThat(
            said.out().lines().filter(line -> line.startsWith("pool small: no plan meets this: ")))
        .singleElement()
        .asString()
        .contains(says);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gpu: t4|gpu: t5|no gpu is called t5; the nearest is t4",
        "llama-2-7b|llama-2-8b|no model is called llama-2-8b; the nearest is",
        "engine: vllm|engine: vlm|no engine is called vlm; the nearest is vllm",
        "weights: fp16|weights: fp17|no precision is called fp17",
        "weights: fp16|weights: fp8|t4 has no fp8",
        "peak: 12|peak: 0|above 0",
        "peak: 12|peak: -3|0 or more",
        "peak: 12|peak: .nan|is not a number that fits here",
        "peak: 12|peak: .inf|is not a number that fits here",
        "prompt-tokens: 150|prompt-tokens: -1|1 token or more",
        "completion-tokens: 100|completion-tokens: 0|1 token or more"
      })
  void scenario_thatCannotBe_isOneLineWithItsPlace(String from, String to, String says)
      throws Exception {
    String file = changed(from, to);
    var said = run("plan", "--scenario", file);
    assertThat(said.code()).isEqualTo(1);
    assertThat(said.out()).isEmpty();
    assertThat(said.err().lines())
        .singleElement()
        .asString()
        .matches(Pattern.quote(file) + ":\\d+:\\d+: .*")
        .contains(says);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--rate NaN|--rate: must be a number above 0, not NaN",
        "--rate=-1|--rate: must be a number above 0, not -1.0",
        "--rate 0|--rate: must be a number above 0, not 0.0",
        "--rate Infinity|--rate: must be a number above 0",
        "--rate 1 --average 2|the average rate, 2.0, is over the peak, 1.0",
        "--prompt-tokens 0|--prompt-tokens: must be a number above 0",
        "--completion-tokens NaN|--completion-tokens: must be a number above 0, not NaN",
        "--completion-tokens 0.5|--completion-tokens: must be 1 or more",
        "--share smal=50%|--share: the config has no pool 'smal': did you mean small?",
        "--share small=-20%|'-20%' is no share",
        "--share small=NaN|'NaN' is no share",
        "--share small=200%|--share: the shares sum to 200%, over 100%",
        "--headroom=-1%|'-1%' is no share",
        "--spares=-1|spare-replicas must be 0 or more",
        "--audit --scenario x.yaml|leave --scenario out",
        "--audit --rate 3|a scenario has its own traffic",
        "--traffic here --rate 3|--traffic has rates and lengths",
        "--audits|Unknown option"
      })
  void options_thatCannotBe_areOneLineAndExitWith2(String options, String says) throws Exception {
    var arguments = new ArrayList<>(List.of("plan", "--config", config()));
    arguments.addAll(List.of(options.split(" ")));
    var said = run(arguments.toArray(String[]::new));
    assertThat(said.code()).isEqualTo(2);
    assertThat(said.out()).isEmpty();
    assertThat(said.err().lines()).singleElement().asString().contains(says);
  }

  @Test
  void scenario_thatIsNotThere_isSaid() {
    var said = run("plan", "--scenario", "nosuch.yaml");
    assertThat(said.code()).isEqualTo(1);
    assertThat(said.err().strip()).isEqualTo("nosuch.yaml: no such file");
  }

  // ---- helpers

  private String config() throws Exception {
    return Files.writeString(folder.resolve("penstock.yaml"), CONFIG).toString();
  }

  private String changed(String from, String to) throws Exception {
    assertThat(SCENARIO).contains(from);
    return Files.writeString(folder.resolve("changed.yaml"), SCENARIO.replace(from, to)).toString();
  }

  private static String scenario(String name) {
    return SCENARIOS + name + ".yaml";
  }

  private static List<JsonObject> objects(JsonArray array) {
    return array.stream().map(JsonObject.class::cast).toList();
  }

  private static Said run(String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    int code =
        Penstock.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(arguments);
    return new Said(code, out.toString(), err.toString());
  }

  private record Said(int code, String out, String err) {}
}
