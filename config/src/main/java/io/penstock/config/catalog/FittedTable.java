package io.penstock.config.catalog;

import io.penstock.planner.accuracy.Fitted;
import io.penstock.planner.capacity.EngineParameters;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Effects on engine parameters as a table: one effect a line, then the logarithm of what it
 * multiplies each parameter by, in the order of the first line. Lines that start with a hash are
 * remarks.
 */
public final class FittedTable {
  private FittedTable() {}

  /** The table of {@code fitted}, to three digits. */
  public static String write(Fitted fitted) {
    var text = new StringBuilder(String.join(",", header())).append('\n');
    fitted
        .effects()
        .forEach((name, effect) -> {
          text.append('"').append(name).append('"');
          for (double value : effect) {
            text.append(String.format(Locale.ROOT, ",%.3f", value).replace("-0.000", "0.000"));
          }
          text.append('\n');
        });
    return text.toString();
  }

  /** What {@link #write} wrote. */
  public static Fitted read(String text) {
    Map<String, List<Double>> effects = new TreeMap<>();
    for (String line : text.lines().filter(l -> l.startsWith("\"")).toList()) {
      int end = line.lastIndexOf('"');
      String[] numbers = line.substring(end + 2).split(",");
      if (numbers.length != EngineParameters.COUNT) {
        throw new IllegalArgumentException("fitted parameters: " + line);
      }
      List<Double> values = new ArrayList<>();
      for (String number : numbers) {
        values.add(Double.parseDouble(number));
      }
      effects.put(line.substring(1, end), List.copyOf(values));
    }
    return new Fitted(effects);
  }

  private static List<String> header() {
    List<String> names = new ArrayList<>(List.of("effect"));
    for (int i = 0; i < EngineParameters.COUNT; i++) {
      names.add(EngineParameters.name(i));
    }
    return names;
  }
}
