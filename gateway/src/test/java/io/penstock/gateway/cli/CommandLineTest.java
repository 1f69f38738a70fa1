package io.penstock.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
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

  @TempDir private Path folder;

  @Test
  void help_listsTheCommandsAndTheCodes() {
    var said = run("--help");
    assertThat(said.code()).isZero();
    assertThat(said.out()).contains("check", "test", "Exit codes:");
  }

  @ParameterizedTest
  @ValueSource(strings = {"plan", "simulate", "report", "keys"})
  void commandOfALaterVersion_saysSo(String command) {
    var said = run(command, "--anything");
    assertThat(said.code()).isEqualTo(2);
    assertThat(said.err())
        .isEqualToIgnoringNewLines("penstock: '" + command + "' is not in this version");
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
