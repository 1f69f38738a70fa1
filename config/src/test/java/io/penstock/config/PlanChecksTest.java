package io.penstock.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlanChecksTest {
  private static final String POOL =
      """
      tiers:
        all: {route: {simple: small, medium: small, complex: small}}
      keys: [{id: me, sha256: "HASH", tier: all}]
      pools:
        small:
          model: llama-3.1-8b
          url: "http://10.0.0.11:8000"
          capacity: {gpu: l4, weights: fp8, max: 4}
          slo: {ttft: 800ms, tpot: 60ms}
          limits: {}
          context-length: 8192
      """
          .replace("HASH", "ab".repeat(32));

  private static List<String> warnings(String from, String to) {
    assertThat(POOL).contains(from);
    return Configs.warnings(Configs.read(POOL.replace(from, to)));
  }

  @Test
  void poolThatKeepsItsSlo_isNotWarnedOf() {
    assertThat(Configs.warnings(Configs.read(POOL))).isEmpty();
    assertThat(warnings("limits: {}", "limits: {requests: 5/second, concurrency: 16}")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tpot: 60ms|tpot: 20ms|pools.small.slo.tpot: 20ms will be missed by its own plan: one"
            + " request alone makes the p95",
        "ttft: 800ms|ttft: 20ms|pools.small.slo.ttft: 20ms will be missed by its own plan: one"
            + " request alone",
        "limits: {}|limits: {concurrency: 900}|pools.small.slo.tpot: 60ms will be missed by its own"
            + " plan: limits.concurrency of 900 over 4 replicas",
        "limits: {}|limits: {requests: 500/second}|limits.requests of 500/second over 4 replicas is"
            + " more than the hardware can serve",
        "limits: {}|limits: {requests: 20/second}|limits.requests of 20/second over 4 replicas"
            + " makes the p95"
      })
  void poolWhosePlanMissesItsSlo_isWarnedOf(String from, String to, String says) {
    assertThat(warnings(from, to))
        .isNotEmpty()
        .anyMatch(line -> line.contains(says))
        .allMatch(line -> line.startsWith("9:") && line.contains("400 + 250 tokens"));
  }

  @Test
  void moreReplicas_endTheWarning() {
    String busy = POOL.replace("limits: {}", "limits: {requests: 20/second}");
    assertThat(Configs.warnings(Configs.read(busy))).isNotEmpty();
    assertThat(Configs.warnings(Configs.read(busy.replace("max: 4", "max: 40")))).isEmpty();
  }
}
