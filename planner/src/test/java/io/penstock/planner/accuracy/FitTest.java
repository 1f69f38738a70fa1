package io.penstock.planner.accuracy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.penstock.planner.Sample;
import io.penstock.planner.accuracy.Errors.Predicted;
import io.penstock.planner.capacity.EngineParameters;
import io.penstock.planner.model.Precision;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FitTest {
  private static final EngineParameters TRUTH =
      new EngineParameters(
          0.45, 0.60, 0.70, 0.60, 0.30, 40e-6, 40e-6, 9e-6, 0.55, 30e-6, 20e-3, 0.12, 0.03);
  private static final Fit FIT = new Fit(_ -> Sample.ENGINE);

  @Test
  void of_rowsThatTheModelMade_predictsOthersOfThem() {
    var found = FIT.of(rows(new double[] {1, 4, 16, 64}));

    for (var row : rows(new double[] {2, 8, 32})) {
      double before = error(row, EngineParameters.PRIOR);
      double after = error(row, parameters(found, row));
      assertThat(after).as(row.id()).isLessThan(0.04).isLessThan(before);
    }
  }

  @Test
  void of_aFewWrongRows_isNotMisled() {
    List<Measurement> rows = new ArrayList<>(rows(new double[] {1, 4, 16, 64}));
    var wrong = rows.getFirst();
    rows.set(
        0,
        new Measurement(
            "wrong",
            "test",
            wrong.setup(),
            wrong.promptTokens(),
            wrong.completionTokens(),
            0,
            wrong.load(),
            wrong.metric(),
            wrong.value() * 20));

    var found = FIT.of(rows);

    assertThat(rows(new double[] {8}))
        .allSatisfy(row -> assertThat(error(row, parameters(found, row))).isLessThan(0.05));
  }

  @Test
  void of_noRows_leavesThePrior() {
    var found = FIT.of(List.of());

    assertThat(found.find("vllm", Precision.FP16, Sample.A100, "1"))
        .isEqualTo(EngineParameters.PRIOR);
  }

  @Test
  void find_ofAGpuNeverSeen_isBetweenWhatIsBelievedAndWhatTheEngineDidElsewhere() {
    var found = FIT.of(rows(new double[] {1, 4, 16, 64}));
    var seen = found.find("vllm", Precision.FP16, Sample.A100, "1");
    var other = found.find("vllm", Precision.FP16, Sample.T4, "");

    assertThat(other.compute())
        .isBetween(seen.compute(), EngineParameters.PRIOR.compute())
        .isNotEqualTo(seen.compute())
        .isNotEqualTo(EngineParameters.PRIOR.compute());
  }

  @Test
  void find_ofAVersionNeverSeen_isNearWhatOthersReachOnThatGpu() {
    var found = FIT.of(rows(new double[] {1, 4, 16, 64}));
    var prior = EngineParameters.PRIOR.compute();
    var seen = found.find("vllm", Precision.FP16, Sample.A100, "1").compute();
    var other = found.find("vllm", Precision.FP16, Sample.A100, "9.9").compute();

    assertThat(Math.abs(other - seen)).isLessThan(Math.abs(other - prior));
  }

  @Test
  void errors_areQuantilesOfRelativeDistance() {
    var rows =
        rows(new double[] {1}).stream().map(row -> new Predicted(row, row.value() * 1.1)).toList();

    assertThat(Errors.of(rows).median()).isCloseTo(0.1, within(1e-9));
    assertThat(Errors.of(rows).p90()).isCloseTo(0.1, within(1e-9));
    assertThat(Errors.optimism(rows)).isCloseTo(1.1, within(1e-9));
    assertThat(Errors.of(List.of()).median()).isNaN();
  }

  private static EngineParameters parameters(Fitted found, Measurement row) {
    var setup = row.setup();
    return found.find(setup.engine(), setup.weights(), setup.gpu(), setup.version());
  }

  private static double error(Measurement row, EngineParameters parameters) {
    double value = Expectation.of(row, Sample.ENGINE.with(parameters));
    return new Predicted(row, value).error();
  }

  private static List<Measurement> rows(double[] concurrencies) {
    List<Measurement> rows = new ArrayList<>();
    for (double n : concurrencies) {
      for (double prompt : new double[] {100, 1000, 3000}) {
        for (var metric : List.of(Metric.TPOT_MS, Metric.TTFT_MS, Metric.REQ_S)) {
          rows.add(row(n, prompt, metric));
        }
      }
    }
    return rows;
  }

  private static Measurement row(double n, double prompt, Metric metric) {
    var setup =
        new Measurement.Setup(
            Sample.LLAMA_7B, Sample.A100, 1, Precision.FP16, Precision.FP16, "vllm", "1", 0);
    var id = metric + " " + n + " " + prompt;
    var load = new Load.ClosedLoop(n);
    var unknown = new Measurement(id, "test", setup, prompt, 200, 0, load, metric, 1);
    double value = Expectation.of(unknown, Sample.ENGINE.with(TRUTH));
    return new Measurement(id, "test", setup, prompt, 200, 0, load, metric, value);
  }
}
