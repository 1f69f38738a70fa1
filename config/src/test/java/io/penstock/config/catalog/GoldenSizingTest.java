package io.penstock.config.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.penstock.planner.model.Precision;
import io.penstock.planner.size.KvBudget;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The five memory-sizing cases of the source scenario 003, with the answers that its formula has.
 */
class GoldenSizingTest {
  private static final double GIB = 1L << 30;

  @ParameterizedTest
  @CsvSource({
    "gpt-oss-20b,dgx200,1000,32768,fp8,0.70,80,0.2,0,0.376465,1740,1,1,1",
    "gpt-oss-120b,dgx300,500,131072,fp16,0.65,150,0.3,1,4.504395,276,2,3,4",
    "gpt-oss-120b,dgx300,5000,131072,fp8,0.70,120,0.3,1,2.252197,613,9,11,12",
    "gpt-oss-20b,dgx200,50,131072,fp16,0.75,60,0.1,0,3.002930,242,1,1,1",
    "gpt-oss-120b,dgx300,2000,32768,fp8,0.70,100,0.4,1,0.564697,2482,1,2,3"
  })
  void kvBudget_ofAGoldenCase_isExact(
      String model,
      String server,
      long sessions,
      int context,
      String kv,
      double ratio,
      double overheadGib,
      double headroom,
      int spares,
      double gibPerSession,
      long sessionsPerNode,
      long nodes,
      long nodesWithHeadroom,
      long nodesInAll) {
    var catalog = Catalog.shipped();
    var budget =
        new KvBudget(
            catalog.nodes().get(server),
            catalog.models().get(model),
            Precision.named(kv).orElseThrow(),
            sessions,
            context,
            ratio,
            overheadGib * GIB,
            headroom,
            spares);

    assertThat(budget.sessionBytes() / GIB).isCloseTo(gibPerSession, within(5e-7));
    assertThat(budget.sessionsPerNode()).isEqualTo(sessionsPerNode);
    assertThat(budget.nodes()).isEqualTo(nodes);
    assertThat(budget.nodesWithHeadroom()).isEqualTo(nodesWithHeadroom);
    assertThat(budget.nodesInAll()).isEqualTo(nodesInAll);
  }
}
