package io.penstock.config.measurements;

import io.penstock.config.catalog.Catalog;
import io.penstock.config.catalog.FittedTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes the parameters that the catalogue ships: {@code java -cp penstock.jar
 * io.penstock.config.measurements.Refit DATA config/catalog/fitted.csv}.
 */
public final class Refit {
  private static final String REMARK =
      """
      # Effects on engine parameters, fitted to published measurements: logarithms of what each multiplies the prior by.
      # Made by: java -cp penstock.jar io.penstock.config.measurements.Refit DATA config/catalog/fitted.csv
      """;

  private Refit() {}

  /** Fits to the measurements under the first argument and writes the table to the second. */
  public static void main(String[] args) throws IOException {
    if (args.length != 2) {
      throw new IllegalArgumentException("usage: Refit DATA FILE");
    }
    var fitted = new Accuracy(Catalog.shipped()).fit(Path.of(args[0]));
    Files.writeString(Path.of(args[1]), REMARK + FittedTable.write(fitted));
  }
}
