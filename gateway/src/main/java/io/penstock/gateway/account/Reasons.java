package io.penstock.gateway.account;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A counter by a short fixed word. Should the words not be fixed after all, the rest is other. */
final class Reasons {
  private static final int MOST = 32;

  private final MeterRegistry meters;
  private final String name;
  private final String label;
  private final Tags tags;
  private final Map<String, Counter> counters = new ConcurrentHashMap<>();

  Reasons(MeterRegistry meters, String name, String label, Tags tags) {
    this.meters = meters;
    this.name = name;
    this.label = label;
    this.tags = tags;
  }

  void increment(String reason) {
    Counter known = counters.get(reason);
    (known != null ? known : create(reason)).increment();
  }

  private Counter create(String reason) {
    String word = counters.size() < MOST ? reason : "other";
    return counters.computeIfAbsent(
        word, value -> Counter.builder(name).tags(tags).tag(label, value).register(meters));
  }
}
