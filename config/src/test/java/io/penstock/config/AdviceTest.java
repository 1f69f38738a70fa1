package io.penstock.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AdviceTest {
  private static final String QUIET =
      """
      tiers:
        free:
          limits: {requests: 20/hour, tokens: 40000/hour, concurrency: 2}
          route: {simple: small, medium: small, complex: medium}
      keys:
        - {id: acme, sha256: "HASH", tier: free}
      pools:
        small:
          model: llama-2-7b
          backends: [{id: small-1, url: "http://10.0.0.11:8000"}, {id: small-2, url: "http://10.0.0.12:8000"}]
          slo: {ttft: 800ms}
          capacity: {gpu: l4}
        medium:
          model: llama-2-13b
          backends: [{id: medium-1, url: "http://10.0.0.13:8000"}]
          capacity: {gpu: a100-80}
      """
          .replace("HASH", "ab".repeat(32));

  @Test
  void warnings_forAConfigThatIsMeant_areNone() {
    assertThat(Configs.warnings(Configs.read(QUIET))).isEmpty();
  }

  static List<List<String>> slips() {
    String other = "  paid: {route: {simple: small, medium: small, complex: medium}}\n";
    return List.of(
        List.of("keys:\n", other + "keys:\n", "tiers.paid: no key has this tier"),
        List.of(
            "complex: medium}",
            "complex: small}",
            "pools.medium: no tier's route or pools and no fallback leads here"),
        List.of(
            "concurrency: 2",
            "concurrency: 100",
            "tiers.free.limits.concurrency: 100 can never bind: 20/hour lets at most 26 calls be in"
                + " flight, the longest taking 20m"),
        List.of(
            "complex: medium}",
            "complex: medium}\n    pools: [small]",
            "tiers.free.pools[0]: is in the route already"),
        List.of(
            "medium: small, complex: medium}",
            "medium: small, complex: small}\n    pools: [medium]\n    when-busy: upgrade",
            "tiers.free.when-busy: upgrade has nowhere to go"),
        List.of(
            "complex: medium}",
            "complex: small}\n    reserved: {medium: 10%}",
            "tiers.free.reserved.medium: keeps a share that this tier cannot reach"),
        List.of(
            "slo: {ttft: 800ms}",
            "supports: {chat: false, embeddings: true}",
            "tiers.free.route.simple: sends chats to a pool without chat"),
        List.of(
            "slo: {ttft: 800ms}",
            "slo: {ttft: 40s}",
            "pools.small.slo.ttft: 40s is over the first-token time-out of 30s"),
        List.of(
            "slo: {ttft: 800ms}",
            "timeouts: {between-tokens: 10m}",
            "pools.small.timeouts.between-tokens: 10m can never bind: total ends every attempt"
                + " after 10m"),
        List.of(
            "10.0.0.12", "10.0.0.11", "pools.small.backends[1].url: is the same server as small-1"),
        List.of(
            "slo: {ttft: 800ms}",
            "limits: {concurrency: 2}",
            "pools.small.limits.concurrency: 2 can never bind: its callers' own limits let 2 in"
                + " together"),
        List.of(
            "slo: {ttft: 800ms}",
            "limits: {requests: 100/minute}",
            "pools.small.limits.requests: 100/minute can never bind"),
        List.of(
            "keys:\n",
            other.replace("}}", "}, reserved: {medium: 100%}}") + "keys:\n",
            "tiers.free.route.complex: leads to medium, all of which is kept for other tiers"),
        List.of(
            "keys:\n",
            "complexity: {medium: 0.02}\nkeys:\n",
            "complexity.medium: leaves no score for simple"),
        List.of(
            "keys:\n",
            "complexity: {medium: 0.6, complex: 0.6}\nkeys:\n",
            "complexity.complex: leaves no score for medium"),
        List.of(
            "capacity: {gpu: l4}",
            "capacity: {gpu: t4}",
            "pools.small.capacity: leaves memory for"),
        List.of(
            "capacity: {gpu: a100-80}",
            "capacity: {gpu: t4}",
            "pools.medium.capacity: llama-2-13b in fp16 needs 26.0 GB of weights"),
        List.of("  - {id", "  # - {id", "keys: there is none: every request will be answered 401"));
  }

  @ParameterizedTest
  @MethodSource("slips")
  void warnings_forASlip_nameIt(List<String> slip) {
    String yaml = QUIET.replace(slip.get(0), slip.get(1)).replace("keys:\n  #", "keys: []\n  #");
    assertThat(yaml).isNotEqualTo(QUIET);

    Loaded loaded = Configs.read(yaml);

    assertThat(Configs.errors(loaded)).isEmpty();
    assertThat(Configs.warnings(loaded)).anyMatch(line -> line.contains(slip.get(2)));
  }

  @Test
  void warnings_forABudgetOverPoolsThatCostNothing_nameIt() {
    String yaml =
        QUIET
            .replaceAll(" *capacity: .*\n", "")
            .replace("complex: medium}", "complex: medium}\n    budget: 5/day");

    assertThat(Configs.warnings(Configs.read(yaml)))
        .singleElement()
        .asString()
        .contains("tiers.free.budget: can never bind");
  }

  @Test
  void warnings_forAConcurrencyThatABurstReaches_areNone() {
    Loaded loaded = Configs.read(QUIET.replace("concurrency: 2", "concurrency: 20"));

    assertThat(Configs.warnings(loaded)).isEmpty();
  }
}
