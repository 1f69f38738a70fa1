package io.penstock.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CommandLineTest {
  private static final String BROKEN =
      """
      tiers:
        free:
          limits: {requests: twenty, tokens: 40000/hour}
          route: {simple: small, medium: small, complex: nowhere}
      pools:
        small:
          model: llama-2-7b
          bakends: []
      """;

  private static final String ROUTED =
      """
      tiers:
        free: {route: {simple: small, medium: small, complex: small}}
        paid: {route: {simple: small, medium: large, complex: large}}
      pools:
        small:
          model: llama-2-7b
          url: http://127.0.0.1:1
          capacity: {gpu: l4, usd-per-gpu-hour: 0.8}
        large:
          provider: openai
          model: gpt-4
          url: http://127.0.0.1:1
          price: {input: 30, output: 60}
      """;

  @TempDir private Path folder;

  @Test
  void help_listsTheCommandsAndTheCodes() {
    var said = run("--help");
    assertThat(said.code()).isZero();
    assertThat(said.out()).contains("check", "test", "Exit codes:");
  }

  @ParameterizedTest
  @ValueSource(strings = {"nonsense", "check --nonsense", "check --config", ""})
  void wrongUsage_isOneLineAndExitsWith2(String arguments) {
    var said = run(arguments.isEmpty() ? new String[0] : arguments.split(" "));
    assertThat(said.code()).isEqualTo(2);
    assertThat(said.err().lines()).hasSize(1).first().asString().contains("--help");
  }

  @Test
  void check_ofABrokenConfig_printsEveryErrorWithItsPlace() throws Exception {
    Path file = Files.writeString(folder.resolve("broken.yaml"), BROKEN);
    var said = run("check", "--config", file.toString());
    assertThat(said.code()).isEqualTo(1);
    assertThat(said.err().lines())
        .anyMatch(
            line -> line.startsWith(file + ":3:") && line.contains("tiers.free.limits.requests"))
        .anyMatch(line -> line.startsWith(file + ":8:") && line.contains("backends"));
    assertThat(said.out()).contains(" errors, ");
  }

  @Test
  void check_inJson_hasTheSameProblems() throws Exception {
    Path file = Files.writeString(folder.resolve("broken.yaml"), BROKEN);
    var lines = run("check", "--config", file.toString()).err().lines().count();
    var said = run("check", "--json", "--config", file.toString());
    assertThat(said.code()).isEqualTo(1);
    var json = new JsonObject(said.out());
    assertThat(json.getBoolean("ok")).isFalse();
    assertThat(json.getJsonArray("errors").size() + json.getJsonArray("warnings").size())
        .isEqualTo((int) lines);
    assertThat(json.getJsonArray("errors").getJsonObject(0).getInteger("line")).isPositive();
  }

  @Test
  void check_ofAFileThatIsNotThere_exitsWith1() {
    var said = run("check", "--config", folder.resolve("none.yaml").toString());
    assertThat(said.code()).isEqualTo(1);
    assertThat(said.err().lines())
        .hasSize(1)
        .first()
        .asString()
        .endsWith("none.yaml: no such file");
  }

  @Test
  void estimate_decidesEachLineForEachTier_andAddsUp() throws Exception {
    var said = estimate("--json");
    assertThat(said.code()).as(said.err()).isZero();
    var json = new JsonObject(said.out());
    assertThat(json.getJsonArray("requests")).hasSize(6);
    var first = json.getJsonArray("requests").getJsonObject(0);
    assertThat(first.getInteger("line")).isEqualTo(1);
    assertThat(first.getString("tier")).isEqualTo("free");
    assertThat(first.getJsonObject("decision").getString("pool")).isEqualTo("small");
    assertThat(first.getJsonObject("cost").getDouble("expected_usd")).isPositive();
    double each =
        json.getJsonArray("requests").stream()
            .map(row -> ((JsonObject) row).getJsonObject("cost").getDouble("expected_usd"))
            .mapToDouble(Double::doubleValue)
            .sum();
    double total =
        json.getJsonArray("totals").stream()
            .map(row -> ((JsonObject) row).getDouble("expected_usd"))
            .mapToDouble(Double::doubleValue)
            .sum();
    assertThat(total).isCloseTo(each, within(1e-5));
    assertThat(json.getInteger("refused")).isZero();
  }

  @Test
  void estimate_forOneTier_printsALineEachAndTotals() throws Exception {
    var said = estimate("--tier", "paid");
    assertThat(said.code()).as(said.err()).isZero();
    assertThat(said.out().lines().filter(line -> line.matches(" +[134]  paid .*"))).hasSize(3);
    assertThat(said.out()).contains("totals, per tier and pool:").doesNotContain("free");
  }

  @Test
  void estimate_ofALineThatIsNoRequest_namesItAndExitsWith1() throws Exception {
    Path requests = Files.writeString(folder.resolve("requests.jsonl"), "{\"messages\":[\n");
    var said =
        run("estimate", "--tier", "paid", "--config", routed().toString(), requests.toString());
    assertThat(said.code()).isEqualTo(1);
    assertThat(said.out().lines().findFirst().orElseThrow()).matches(" +1  paid +refused 400: .*");
  }

  @Test
  void estimate_forATierThatNobodyHas_exitsWith2() throws Exception {
    var said = estimate("--tier", "nobody");
    assertThat(said.code()).isEqualTo(2);
    assertThat(said.err()).contains("no tier 'nobody'; there are free, paid");
  }

  private Said estimate(String... options) throws Exception {
    Path requests =
        Files.writeString(
            folder.resolve("requests.jsonl"),
            """
            {"messages":[{"role":"user","content":"Hello"}]}

            {"messages":[{"role":"user","content":"Bye"}],"max_tokens":10,"stream":true}
            {"prompt":"Once upon a time","max_tokens":10}
            """);
    List<String> arguments = new ArrayList<>(List.of("estimate", "--config", routed().toString()));
    arguments.addAll(List.of(options));
    arguments.add(requests.toString());
    return run(arguments.toArray(String[]::new));
  }

  private Path routed() throws IOException {
    return Files.writeString(folder.resolve("routed.yaml"), ROUTED);
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
