package io.penstock.planner.accuracy;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** When an engine's version came out, since engines grow faster from year to year. */
final class Releases {
  private static final Pattern DATE = Pattern.compile("^(20\\d\\d)\\b.*");
  private static final Pattern VERSION = Pattern.compile("^v?(\\d+)\\.(\\d+).*");
  private static final int MINORS = 1000;

  /** What a version is taken for that nobody knows. */
  private static final int RECENT = 2025;

  /** The first version of each year, as major times a thousand and minor. */
  private static final Map<String, NavigableMap<Integer, Integer>> FIRST =
      Map.of(
          "vllm", years(1, 3, 7),
          "tensorrt-llm", years(5, 8, 17),
          "tensorrt-llm-triton", years(5, 8, 17),
          "sglang", years(0, 1, 4),
          "lmdeploy", years(0, 2, 7));

  private Releases() {}

  private static NavigableMap<Integer, Integer> years(int of2023, int of2024, int of2025) {
    return new TreeMap<>(Map.of(of2023, 2023, of2024, 2024, of2025, 2025));
  }

  /** The year of {@code version}, which may be a date. */
  static int year(String engine, String version) {
    var date = DATE.matcher(version);
    if (date.matches()) {
      return Math.min(RECENT, Integer.parseInt(date.group(1)));
    }
    var number = VERSION.matcher(version);
    var first = FIRST.get(engine);
    if (first == null || !number.matches()) {
      return RECENT;
    }
    int known = Integer.parseInt(number.group(1)) * MINORS + Integer.parseInt(number.group(2));
    var entry = first.floorEntry(known);
    return entry == null ? first.firstEntry().getValue() : entry.getValue();
  }
}
