package io.penstock.config.measurements;

import static java.util.stream.Collectors.toSet;

import io.penstock.config.catalog.Catalog;
import io.penstock.planner.accuracy.Errors;
import io.penstock.planner.accuracy.Errors.Predicted;
import io.penstock.planner.accuracy.Load;
import io.penstock.planner.accuracy.Measurement;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * How far the model is off on rows that its parameters were not fitted to: {@code java -cp
 * penstock.jar io.penstock.config.measurements.HeldOut DATA WAY...}, where a way is one of {@code
 * halves}, {@code pairs}, {@code gpus}, {@code models} and {@code sources}.
 *
 * <p>Each way cuts the rows into parts. Every part is predicted by parameters that were fitted to
 * the others.
 */
public final class HeldOut {
  private static final int SPLITS = 2;

  private final Accuracy accuracy;
  private final List<Measurement> rows;

  private HeldOut(Catalog catalog, Path data) throws IOException {
    this.accuracy = new Accuracy(catalog);
    this.rows = MeasurementFiles.read(data, catalog).rows();
  }

  /** Prints the errors of every way that the arguments name. */
  public static void main(String[] args) throws IOException {
    if (args.length < 2) {
      throw new IllegalArgumentException("usage: HeldOut DATA WAY...");
    }
    var heldOut = new HeldOut(Catalog.shipped(), Path.of(args[0]));
    for (int i = 1; i < args.length; i++) {
      var cuts = heldOut.cuts(args[i]);
      var predicted = heldOut.predicted(cuts);
      System.out.print(heldOut.accuracy.report(predicted, Map.of()).text());
      System.out.print(besideLines(cuts, predicted));
      System.out.println(summary(args[i], predicted));
    }
  }

  /** The summary of one way to cut the rows under {@code data}. */
  static String summary(Path data, String way) throws IOException {
    var heldOut = new HeldOut(Catalog.shipped(), data);
    return summary(way, heldOut.predicted(heldOut.cuts(way)));
  }

  private List<Cut> cuts(String way) {
    return switch (way) {
      case "halves" ->
          IntStream.range(0, SPLITS)
              .boxed()
              .flatMap(split -> parts(row -> half(row, split)).stream())
              .toList();
      case "pairs" -> parts(row -> row.setup().gpu().name() + " " + row.setup().engine());
      case "gpus" -> parts(row -> row.setup().gpu().name());
      case "models" -> parts(row -> row.setup().model().name());
      case "sources" -> parts(Measurement::source);
      default -> throw new IllegalArgumentException("no such way: " + way);
    };
  }

  /** The metrics of one run stay together, or one would tell the other. */
  private static String half(Measurement row, int split) {
    long bits = (run(row).hashCode() + split * 0x9E3779B9L) * 0xBF58476D1CE4E5B9L;
    return (bits >>> 40 & 1) == 0 ? "a" : "b";
  }

  private static String run(Measurement row) {
    var setup = row.setup();
    return String.join(
        ",",
        row.source(),
        setup.engine(),
        setup.version(),
        setup.gpu().name(),
        setup.model().name(),
        setup.weights().label(),
        setup.kv().label(),
        String.valueOf(setup.tensorParallel()),
        String.valueOf(setup.stepTokens()),
        String.valueOf(row.promptTokens()),
        String.valueOf(row.completionTokens()),
        row.load().toString());
  }

  private List<Cut> parts(Function<Measurement, String> key) {
    Map<String, List<Measurement>> parts = new TreeMap<>();
    rows.forEach(row -> parts.computeIfAbsent(key.apply(row), _ -> new ArrayList<>()).add(row));
    List<Cut> cuts = new ArrayList<>();
    parts.forEach((name, part) ->
        cuts.add(
            new Cut(part, rows.stream().filter(row -> !key.apply(row).equals(name)).toList())));
    return cuts;
  }

  private List<Predicted> predicted(List<Cut> cuts) {
    return cuts.stream()
        .flatMap(cut -> accuracy.predict(cut.part, accuracy.fit(cut.others)).stream())
        .toList();
  }

  /** What autoscalers use, and the model, on the rows that both can predict. */
  private static String besideLines(List<Cut> cuts, List<Predicted> predicted) {
    var lines =
        cuts.stream().flatMap(cut -> StraightLine.predict(cut.part, cut.others).stream()).toList();
    if (lines.isEmpty()) {
      return "";
    }
    var known = lines.stream().map(Predicted::measurement).collect(toSet());
    var same = predicted.stream().filter(row -> known.contains(row.measurement())).toList();
    return line("lines through batches", lines) + line("the model on these rows", same);
  }

  private static String summary(String way, List<Predicted> rows) {
    var rest = rows.stream().filter(row -> !isTtft(row)).toList();
    return line(way + ", serving without ttft", rest.stream().filter(HeldOut::isServing).toList())
        + line(way + ", all without ttft", rest)
        + line(way + ", ttft", rows.stream().filter(HeldOut::isTtft).toList());
  }

  private static boolean isTtft(Predicted row) {
    return row.measurement().metric().isTtft();
  }

  /** Whether requests came and went, rather than one alone or a batch that ends together. */
  private static boolean isServing(Predicted row) {
    return switch (row.measurement().load()) {
      case Load.SingleStream _, Load.StaticBatch _ -> false;
      case Load.ClosedLoop _, Load.Maximum _, Load.Burst _, Load.OpenLoop _ -> true;
    };
  }

  private static String line(String name, List<Predicted> rows) {
    var errors = Errors.of(rows);
    return String.format(
        Locale.ROOT,
        "%-32s rows %6d  median %5.1f%%  p75 %5.1f%%  p90 %5.1f%%  optimism %.2f (rates) %.2f"
            + " (all)%n",
        name,
        errors.rows(),
        100 * errors.median(),
        100 * errors.p75(),
        100 * errors.p90(),
        Errors.optimism(rows),
        Errors.capacityOptimism(rows));
  }

  /**
   * Rows to predict.
   *
   * @param part them
   * @param others what the parameters may be fitted to
   */
  private record Cut(List<Measurement> part, List<Measurement> others) {}
}
