package io.penstock.planner.accuracy;

import java.util.Locale;
import java.util.Optional;

/** What was measured. */
public enum Metric {
  OUTPUT_TOK_S(true),
  TOTAL_TOK_S(true),
  REQ_S(true),
  PREFILL_TOK_S(true),
  TTFT_MS(false),
  TTFT_MS_P50(false),
  TTFT_MS_P95(false),
  TTFT_MS_P99(false),
  TPOT_MS(false),
  TPOT_MS_P50(false),
  TPOT_MS_P95(false),
  TPOT_MS_P99(false),
  E2E_MS(false),
  E2E_MS_P50(false),
  E2E_MS_P95(false),
  E2E_MS_P99(false);

  private final boolean rate;

  Metric(boolean rate) {
    this.rate = rate;
  }

  /** The word in measurement files. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether more is better. */
  public boolean isRate() {
    return rate;
  }

  /** Whether it is the time to the first token, which is judged apart. */
  public boolean isTtft() {
    return switch (this) {
      case TTFT_MS, TTFT_MS_P50, TTFT_MS_P95, TTFT_MS_P99 -> true;
      default -> false;
    };
  }

  /** The metric that {@code word} names. */
  public static Optional<Metric> named(String word) {
    for (var metric : values()) {
      if (metric.label().equals(word)) {
        return Optional.of(metric);
      }
    }
    return Optional.empty();
  }
}
