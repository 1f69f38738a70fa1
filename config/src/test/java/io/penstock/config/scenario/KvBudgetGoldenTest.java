package io.penstock.config.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.penstock.config.catalog.Catalog;
import io.penstock.planner.model.Precision;
import io.penstock.planner.scenario.KvBudget;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class KvBudgetGoldenTest {
  static List<String> cases() throws IOException {
    try (InputStream in = KvBudgetGoldenTest.class.getResourceAsStream("golden_seed003.csv")) {
      var text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      return text.lines().skip(1).toList();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void method_givesTheGoldenVector(String line) {
    var cells = List.of(line.split(",", -1));
    var catalog = Catalog.shipped();
    var sizing =
        new KvBudget(
            catalog.models().get("gpt-oss-" + cells.get(1)),
            cells.get(5).equals("1") ? Precision.FP8 : Precision.FP16,
            catalog.nodes().get(cells.get(2)).marketedMemoryBytes() / 1e9,
            Integer.parseInt(cells.get(3)),
            Integer.parseInt(cells.get(4)),
            Double.parseDouble(cells.get(6)),
            Double.parseDouble(cells.get(7)),
            Double.parseDouble(cells.get(8)),
            Integer.parseInt(cells.get(9)));
    assertThat(sizing.kvGibPerSession()).isCloseTo(Double.parseDouble(cells.get(10)), within(5e-7));
    assertThat(sizing.sessionsPerNode()).isEqualTo(Integer.parseInt(cells.get(11)));
    assertThat(sizing.nodesAtLeast()).isEqualTo(Integer.parseInt(cells.get(12)));
    assertThat(sizing.nodesWithHeadroom()).isEqualTo(Integer.parseInt(cells.get(13)));
    assertThat(sizing.nodes()).isEqualTo(Integer.parseInt(cells.get(14)));
  }
}
