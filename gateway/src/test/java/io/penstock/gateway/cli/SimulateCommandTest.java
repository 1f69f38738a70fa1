package io.penstock.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SimulateCommandTest {
  private static final String CONFIG =
      """
      tiers:
        free: {route: {simple: small, medium: small, complex: small}, priority: low}
        paid: {route: {simple: small, medium: small, complex: large}, priority: high}
      pools:
        small:
          model: llama-2-7b
          url: http://127.0.0.1:1
          capacity: {gpu: a100-80, usd-per-gpu-hour: 2.5, min: 1, max: 8}
          slo: {ttft: 500ms, tpot: 40ms}
        large:
          provider: openai
          model: gpt-4
          url: http://127.0.0.1:1
          price: {input: 30, output: 60}
      """;

  @TempDir private Path folder;

  @Test
  void trace_isSharedSimulatedAndHeldAgainstThePlan() throws Exception {
    var lines = new ArrayList<String>();
    for (int i = 0; i < 300; i++) {
      String tier = i % 3 == 0 ? "paid" : "free";
      String complexity = i % 6 == 0 ? "complex" : "simple";
      lines.add(
          "{\"time\": %s, \"prompt_tokens\": 300, \"completion_tokens\": 100, \"tier\": \"%s\","
                  .formatted(i * 0.4, tier)
              + " \"complexity\": \"%s\"}".formatted(complexity));
    }
    var said = run("--json", "--trace", trace(lines), "--replicas", "small=2");
    assertThat(said.code()).as(said.err()).isZero();
    var json = new JsonObject(said.out());
    assertThat(json.getJsonArray("assumed")).isEmpty();
    var small = json.getJsonArray("pools").getJsonObject(0);
    assertThat(small.getInteger("requests")).isEqualTo(250);
    assertThat(small.getInteger("finished")).isEqualTo(250);
    assertThat(small.getInteger("replicas")).isEqualTo(2);
    assertThat(small.getDouble("slo_attained")).isEqualTo(1);
    double promised = small.getJsonObject("promised").getJsonObject("tpot").getDouble("mean");
    double seen = small.getJsonObject("seen").getJsonObject("tpot").getDouble("mean");
    assertThat(seen).isBetween(0.9 * promised, 1.1 * promised);
    var large = json.getJsonArray("pools").getJsonObject(1);
    assertThat(large.getInteger("requests")).isEqualTo(50);
    assertThat(large.getDouble("usd_per_request")).isEqualTo(0.015);
  }

  @Test
  void sameSeed_sameBytes() throws Exception {
    String[] made = {"--rate", "3", "--requests", "2000", "--seed", "5"};
    var first = run(made);
    assertThat(first.code()).as(first.err()).isZero();
    assertThat(first.out()).contains("assumed: 2000 requests name no tier", "ttft p95", "SLO");
    assertThat(run(made).out()).isEqualTo(first.out());
    made[5] = "6";
    assertThat(run(made).out()).isNotEqualTo(first.out());
  }

  @Test
  void twiceTheSpeed_isTwiceTheRate() throws Exception {
    var lines = new ArrayList<String>();
    for (int i = 0; i < 100; i++) {
      lines.add("{\"time\": %d, \"prompt_tokens\": 9, \"completion_tokens\": 9}".formatted(i));
    }
    String file = trace(lines);
    assertThat(rate(run("--json", "--trace", file, "--speed", "2", "--mix", "simple=100%")))
        .isEqualTo(2 * rate(run("--json", "--trace", file, "--mix", "simple=100%")));
  }

  private static double rate(Said said) {
    return new JsonObject(said.out())
        .getJsonArray("pools")
        .getJsonObject(0)
        .getDouble("requests_per_second");
  }

  @Test
  void planned_keepsTheSlo() throws Exception {
    var said =
        run(
            "--json",
            "--rate",
            "30",
            "--requests",
            "20000",
            "--replicas",
            "plan",
            "--mix",
            "simple=100%");
    assertThat(said.code()).as(said.err()).isZero();
    var pool = new JsonObject(said.out()).getJsonArray("pools").getJsonObject(0);
    assertThat(pool.getInteger("replicas")).isGreaterThan(1);
    assertThat(pool.getDouble("slo_attained")).isGreaterThan(0.95);
  }

  @Test
  void autoscaled_followsTheBursts_withinTheBounds() throws Exception {
    var said =
        run(
            "--json",
            "--rate",
            "20",
            "--requests",
            "30000",
            "--pattern",
            "bursts",
            "--autoscale",
            "--interruptions",
            "2",
            "--mix",
            "simple=100%");
    assertThat(said.code()).as(said.err()).isZero();
    var pool = new JsonObject(said.out()).getJsonArray("pools").getJsonObject(0);
    assertThat(pool.getInteger("replicas")).isEqualTo(1);
    assertThat(pool.getInteger("replicas_most")).isBetween(2, 8);
    assertThat(pool.getDouble("replicas_mean")).isBetween(1.0, 9.0);
    assertThat(pool.getInteger("finished") + pool.getInteger("broken") + pool.getInteger("refused"))
        .isEqualTo(30_000);
  }

  @Test
  void prefixHashes_countAsHits() throws Exception {
    var lines = new ArrayList<String>();
    for (int i = 0; i < 50; i++) {
      lines.add(
          "{\"timestamp\": %d, \"input_length\": 1200, \"output_length\": 9, \"hash_ids\": [1, 2, %d]}"
              .formatted(i * 1000, i + 3));
    }
    var said = run("--json", "--trace", trace(lines), "--mix", "simple=100%");
    assertThat(said.code()).as(said.err()).isZero();
    var pool = new JsonObject(said.out()).getJsonArray("pools").getJsonObject(0);
    assertThat(pool.getDouble("prefix_hit_ratio")).isBetween(0.8, 0.86);
  }

  @Test
  void requestsThatNoReplicaTakes_areCounted_andPromisedNothing() throws Exception {
    var lines = new ArrayList<String>();
    for (int i = 0; i < 60; i++) {
      int prompt = i % 3 == 0 ? 100_000 : 200;
      lines.add(
          "{\"time\": %d, \"prompt_tokens\": %d, \"completion_tokens\": 9}".formatted(i, prompt));
    }
    var said = run("--json", "--trace", trace(lines), "--mix", "simple=100%");
    assertThat(said.code()).as(said.err()).isZero();
    var pool = new JsonObject(said.out()).getJsonArray("pools").getJsonObject(0);
    assertThat(pool.getInteger("refused")).isEqualTo(20);
    assertThat(pool.getDouble("slo_attained")).isEqualTo(1);

    var none = run("--trace", trace(List.of(lines.getFirst())), "--mix", "simple=100%");
    assertThat(none.code()).isEqualTo(1);
    assertThat(none.err().strip())
        .isEqualTo("penstock: pools.small: none of its 1 requests is short enough for it");
  }

  @Test
  void badLine_isOneErrorWithItsPlace() throws Exception {
    String file = trace(List.of("{\"time\": 0, \"prompt_tokens\": 1}"));
    var said = run("--trace", file);
    assertThat(said.code()).isEqualTo(1);
    assertThat(said.err().lines())
        .containsExactly(file + ":1: has no completion_tokens: write how many tokens went out");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "--rate 1 --trace x",
        "--rate -1",
        "--rate NaN",
        "--rate 1 --speed 0",
        "--rate 1 --routing best",
        "--rate 1 --pattern odd",
        "--rate 1 --interruptions -1",
        "--rate 1 --mix easy=100%",
        "--rate 1 --mix simple=50%",
        "--rate 1 --tiers gold=100%",
        "--rate 1 --replicas none",
        "--rate 1 --replicas small=0",
      })
  void nonsense_isWrongUsageInOneLine(String arguments) throws Exception {
    var said = run(arguments.isEmpty() ? new String[0] : arguments.split(" "));
    assertThat(said.code()).isEqualTo(2);
    assertThat(said.err().lines()).hasSize(1);
  }

  @Test
  void plan_triedOut_hasEachPromiseBesideWhatWasSeen() throws Exception {
    var config = Files.writeString(folder.resolve("plan.yaml"), CONFIG).toString();
    String[] plan = {"plan", "--config", config, "--rate", "20", "--share", "small=90%"};
    var words = execute(with(plan, "--simulate"));
    assertThat(words.code()).as(words.err()).isZero();
    assertThat(words.out())
        .contains("simulated at the peak", "every promise kept", "ttft-p95", "tpot-p95");
    var json = new JsonObject(execute(with(plan, "--simulate", "--json")).out());
    var small = json.getJsonArray("simulated").getJsonObject(0);
    assertThat(small.getBoolean("kept")).isTrue();
    assertThat(small.getJsonArray("bounds")).hasSize(2);
    assertThat(new JsonObject(execute(with(plan, "--json")).out()).containsKey("simulated"))
        .isFalse();
  }

  private static String[] with(String[] arguments, String... more) {
    var all = new ArrayList<>(Arrays.asList(arguments));
    all.addAll(Arrays.asList(more));
    return all.toArray(String[]::new);
  }

  private String trace(List<String> lines) throws IOException {
    return Files.write(folder.resolve("trace.jsonl"), lines).toString();
  }

  private record Said(int code, String out, String err) {}

  private Said run(String... arguments) throws IOException {
    var config = Files.writeString(folder.resolve("config.yaml"), CONFIG);
    var all = new ArrayList<>(List.of("simulate", "--config", config.toString()));
    all.addAll(Arrays.asList(arguments));
    return execute(all.toArray(String[]::new));
  }

  private static Said execute(String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    int code =
        Penstock.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(arguments);
    return new Said(code, out.toString(), err.toString());
  }
}
