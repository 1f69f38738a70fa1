package io.penstock.config.measurements;

import io.penstock.config.catalog.Catalog;
import io.penstock.planner.accuracy.Errors;
import io.penstock.planner.accuracy.Errors.Predicted;
import io.penstock.planner.accuracy.Expectation;
import io.penstock.planner.accuracy.Fit;
import io.penstock.planner.accuracy.Fitted;
import io.penstock.planner.accuracy.Measurement;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The model beside measurements: {@code penstock accuracy}. Every row of the data is predicted from
 * its setup and load alone; the parameters are the catalogue's, or those fitted to other rows
 * first.
 */
public final class Accuracy {
  private final Catalog catalog;

  /** Judges the model with the hardware, models and engines of {@code catalog}. */
  public Accuracy(Catalog catalog) {
    this.catalog = catalog;
  }

  /**
   * Predicts every measurement under a directory.
   *
   * @param data where the measurements are
   * @param fit measurements to fit parameters to first
   */
  public static AccuracyReport run(Path data, Optional<Path> fit) throws IOException {
    var accuracy = new Accuracy(Catalog.shipped());
    var fitted = fit.isPresent() ? accuracy.fit(fit.get()) : Catalog.shipped().fitted();
    return accuracy.judge(MeasurementFiles.read(data, Catalog.shipped()), fitted);
  }

  /** The parameters that explain the measurements under a directory. */
  public Fitted fit(Path directory) throws IOException {
    return fit(MeasurementFiles.read(directory, catalog).rows());
  }

  /** The parameters that explain {@code rows}. */
  public Fitted fit(List<Measurement> rows) {
    return new Fit(setup -> catalog.engineOr(setup.engine(), setup.gpu())).of(rows);
  }

  /** What the model says of {@code rows} with {@code fitted} parameters. */
  List<Predicted> predict(List<Measurement> rows, Fitted fitted) {
    return rows.stream().map(row -> new Predicted(row, predict(row, fitted))).toList();
  }

  /** The errors on {@code files} with {@code fitted} parameters. */
  public AccuracyReport judge(MeasurementFiles files, Fitted fitted) {
    return report(predict(files.rows(), fitted), files.leftOut());
  }

  /** The errors of what was predicted. */
  AccuracyReport report(List<Predicted> rows, Map<String, Integer> leftOut) {
    List<AccuracyReport.Group> groups = new ArrayList<>();
    groups.addAll(groups("metric", rows, row -> row.metric().label()));
    groups.addAll(groups("source", rows, Measurement::source));
    groups.addAll(
        groups("gpu", rows, row -> row.setup().gpu().name() + " " + row.setup().engine()));
    return new AccuracyReport(
        groups,
        Errors.of(rows.stream().filter(row -> !row.measurement().metric().isTtft()).toList()),
        Errors.of(rows.stream().filter(row -> row.measurement().metric().isTtft()).toList()),
        Errors.optimism(rows),
        leftOut);
  }

  private double predict(Measurement row, Fitted fitted) {
    var setup = row.setup();
    var parameters = fitted.find(setup.engine(), setup.weights(), setup.gpu(), setup.version());
    return Expectation.of(row, catalog.engineOr(setup.engine(), setup.gpu()).with(parameters));
  }

  private static List<AccuracyReport.Group> groups(
      String by, List<Predicted> rows, Function<Measurement, String> key) {
    Map<String, List<Predicted>> parts = new TreeMap<>();
    rows.forEach(row ->
        parts.computeIfAbsent(key.apply(row.measurement()), _ -> new ArrayList<>()).add(row));
    Map<String, Errors> errors = new LinkedHashMap<>();
    parts.forEach((name, part) -> errors.put(name, Errors.of(part)));
    return errors.entrySet().stream()
        .map(entry -> new AccuracyReport.Group(by, entry.getKey(), entry.getValue()))
        .toList();
  }
}
