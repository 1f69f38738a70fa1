package io.penstock.config.catalog;

import io.penstock.planner.accuracy.Fitted;
import io.penstock.planner.capacity.EngineParameters;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Fitted engine parameters as a table: one path a line, then the parameters in the order of the
 * first line. Lines that start with a hash are remarks.
 */
public final class FittedTable {
  private FittedTable() {}

  /** The table of {@code fitted}, to three digits. */
  public static String write(Fitted fitted) {
    var text = new StringBuilder(String.join(",", header())).append('\n');
    fitted
        .byPath()
        .forEach((path, parameters) -> {
          text.append('"').append(path).append('"');
          for (double value : parameters.toArray()) {
            text.append(String.format(Locale.ROOT, ",%.3g", value));
          }
          text.append('\n');
        });
    return text.toString();
  }

  /** What {@link #write} wrote. */
  public static Fitted read(String text) {
    Map<String, EngineParameters> byPath = new TreeMap<>();
    for (String line : text.lines().filter(l -> l.startsWith("\"")).toList()) {
      int end = line.lastIndexOf('"');
      String[] numbers = line.substring(end + 2).split(",");
      double[] values = new double[EngineParameters.COUNT];
      if (numbers.length != values.length) {
        throw new IllegalArgumentException("fitted parameters: " + line);
      }
      for (int i = 0; i < values.length; i++) {
        values[i] = Double.parseDouble(numbers[i]);
      }
      byPath.put(line.substring(1, end), EngineParameters.clamped(values));
    }
    return new Fitted(byPath);
  }

  private static List<String> header() {
    List<String> names = new ArrayList<>(List.of("path"));
    for (int i = 0; i < EngineParameters.COUNT; i++) {
      names.add(EngineParameters.name(i));
    }
    return names;
  }
}
