package io.penstock.gateway.admin;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The gateway's own meters at one moment, found by the names that Prometheus knows them by. The
 * dashboard reads what the metrics say and nothing else, so that a meter that some stage adds
 * appears on the page by its name alone, and what no stage measures is absent, not zero.
 */
final class Readings {
  private final Map<String, List<Meter>> byName = new HashMap<>();

  Readings(MeterRegistry registry) {
    for (Meter meter : registry.getMeters()) {
      String name = plain(meter.getId().getName());
      if (name.startsWith("penstock_")) {
        byName.computeIfAbsent(name, _ -> new ArrayList<>()).add(meter);
      }
    }
  }

  private static String plain(String name) {
    String words = name.replace('.', '_');
    return words.endsWith("_total") ? words.substring(0, words.length() - 6) : words;
  }

  /**
   * The sum over all meters of a name with these labels; NaN where there is none.
   *
   * @param name without unit and {@code _total}
   * @param labels each name followed by its value
   */
  double sum(String name, String... labels) {
    double sum = Double.NaN;
    for (Meter meter : matching(name, labels)) {
      double value = value(meter);
      if (!Double.isNaN(value)) {
        sum = Double.isNaN(sum) ? value : sum + value;
      }
    }
    return sum;
  }

  /** The values that a label has on a name's meters, each once. */
  List<String> labels(String name, String label) {
    return byName.getOrDefault(name, List.of()).stream()
        .map(meter -> meter.getId().getTag(label))
        .filter(value -> value != null)
        .distinct()
        .sorted()
        .toList();
  }

  /** The histogram of all timers of a name with these labels, together. */
  Buckets buckets(String name, String... labels) {
    Buckets all = Buckets.NONE;
    for (Meter meter : matching(name, labels)) {
      if (meter instanceof Timer timer) {
        all = all.plus(Buckets.of(timer));
      }
    }
    return all;
  }

  private List<Meter> matching(String name, String... labels) {
    return byName.getOrDefault(name, List.of()).stream()
        .filter(meter -> hasLabels(meter, labels))
        .toList();
  }

  private static boolean hasLabels(Meter meter, String... labels) {
    for (int i = 0; i < labels.length; i += 2) {
      if (!labels[i + 1].equals(meter.getId().getTag(labels[i]))) {
        return false;
      }
    }
    return true;
  }

  private static double value(Meter meter) {
    return switch (meter) {
      case Counter counter -> counter.count();
      case FunctionCounter counter -> counter.count();
      case Gauge gauge -> gauge.value();
      case Timer timer -> timer.totalTime(TimeUnit.SECONDS);
      default -> Double.NaN;
    };
  }
}
