package io.penstock.config.measurements;

import io.penstock.planner.accuracy.Errors.Predicted;
import io.penstock.planner.accuracy.Load;
import io.penstock.planner.accuracy.Measurement;
import io.penstock.planner.accuracy.Measurement.Setup;
import io.penstock.planner.accuracy.Metric;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What autoscalers use for comparison: {@code time per token = α + β·sequences}, a line through the
 * measurements of each deployment, whatever the lengths of its requests.
 */
final class StraightLine {
  private final double start;
  private final double slope;

  private StraightLine(List<Measurement> rows) {
    double n = rows.size();
    double meanX = rows.stream().mapToDouble(StraightLine::sequences).sum() / n;
    double meanY = rows.stream().mapToDouble(Measurement::value).sum() / n;
    double over = 0;
    double under = 0;
    for (var row : rows) {
      double x = sequences(row) - meanX;
      over += x * (row.value() - meanY);
      under += x * x;
    }
    this.slope = over / under;
    this.start = meanY - slope * meanX;
  }

  /** The rows that lines through {@code known} can predict. */
  static List<Predicted> predict(List<Measurement> rows, List<Measurement> known) {
    Map<Setup, List<Measurement>> bySetup = new HashMap<>();
    known.stream()
        .filter(StraightLine::applies)
        .forEach(row -> bySetup.computeIfAbsent(row.setup(), _ -> new ArrayList<>()).add(row));
    Map<Setup, StraightLine> lines = new HashMap<>();
    bySetup.forEach((setup, own) -> {
      if (own.stream().mapToDouble(StraightLine::sequences).distinct().count() > 1) {
        lines.put(setup, new StraightLine(own));
      }
    });
    List<Predicted> predicted = new ArrayList<>();
    for (var row : rows) {
      var line = lines.get(row.setup());
      if (line != null && applies(row)) {
        predicted.add(new Predicted(row, line.start + line.slope * sequences(row)));
      }
    }
    return predicted;
  }

  private static boolean applies(Measurement row) {
    return row.metric() == Metric.TPOT_MS && row.load() instanceof Load.ClosedLoop;
  }

  private static double sequences(Measurement row) {
    return row.load() instanceof Load.ClosedLoop(double inFlight) ? inFlight : Double.NaN;
  }
}
