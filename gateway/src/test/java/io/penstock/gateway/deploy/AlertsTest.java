package io.penstock.gateway.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The alerts, by Prometheus' own tool. */
final class AlertsTest {
  private static final Path PROMETHEUS = Deploy.DIRECTORY.resolve("prometheus");

  @Test
  void rules_areRules() throws Exception {
    var said = Deploy.run(PROMETHEUS, "promtool", "check", "rules", "rules.yaml");
    assertThat(said.code()).as(said.text()).isZero();
  }

  @Test
  void config_isAConfig() throws Exception {
    var said =
        Deploy.run(PROMETHEUS, "promtool", "check", "config", "--syntax-only", "prometheus.yaml");
    assertThat(said.code()).as(said.text()).isZero();
  }

  @Test
  void alerts_fireWhereTheyShould() throws Exception {
    var said = Deploy.run(PROMETHEUS, "promtool", "test", "rules", "rules.test.yaml");
    assertThat(said.code()).as(said.text()).isZero();
  }

  /** Otherwise the test above would say nothing. */
  @Test
  void tests_ofOtherRules_fail(@TempDir Path elsewhere) throws Exception {
    var rules = Files.readString(PROMETHEUS.resolve("rules.yaml")).replace("> 0.05", "> 0.5");
    Files.writeString(elsewhere.resolve("rules.yaml"), rules);
    Files.copy(PROMETHEUS.resolve("rules.test.yaml"), elsewhere.resolve("rules.test.yaml"));
    var said = Deploy.run(elsewhere, "promtool", "test", "rules", "rules.test.yaml");
    assertThat(said.code()).isNotZero();
    assertThat(said.text()).contains("PenstockErrorRate");
  }

  @Test
  void everyAlert_isTestedToFireAndToBeSilent() throws Exception {
    List<String> alerts = new ArrayList<>();
    for (var group : groups()) {
      for (var rule : Deploy.list(group.get("rules"))) {
        if (rule.containsKey("alert")) {
          alerts.add(String.valueOf(rule.get("alert")));
        }
      }
    }
    List<String> fire = new ArrayList<>();
    List<String> silent = new ArrayList<>();
    var tests = Deploy.documents(PROMETHEUS.resolve("rules.test.yaml")).getFirst();
    for (var test : Deploy.list(tests.get("tests"))) {
      for (var alert : Deploy.list(test.get("alert_rule_test"))) {
        var expected = Deploy.list(alert.get("exp_alerts"));
        (expected.isEmpty() ? silent : fire).add(String.valueOf(alert.get("alertname")));
      }
    }
    assertThat(alerts).isNotEmpty().doesNotHaveDuplicates();
    assertThat(fire).containsExactlyInAnyOrderElementsOf(alerts);
    assertThat(silent).containsExactlyInAnyOrderElementsOf(alerts);
  }

  private static List<Map<String, Object>> groups() throws Exception {
    return Deploy.list(Deploy.documents(PROMETHEUS.resolve("rules.yaml")).getFirst().get("groups"));
  }
}
