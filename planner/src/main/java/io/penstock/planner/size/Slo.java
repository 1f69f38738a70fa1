package io.penstock.planner.size;

import io.penstock.planner.capacity.Prediction;
import java.util.Optional;

/**
 * What 95 of 100 requests must stay under, in seconds; infinite promises nothing.
 *
 * @param ttftSeconds until the first token
 * @param tpotSeconds for each token after it
 * @param totalSeconds until the last token
 */
public record Slo(double ttftSeconds, double tpotSeconds, double totalSeconds) {
  public static final Slo NONE =
      new Slo(Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY);

  public Slo {
    if (!(ttftSeconds > 0) || !(tpotSeconds > 0) || !(totalSeconds > 0)) {
      throw new IllegalArgumentException("an SLO must be above 0 seconds");
    }
  }

  /** The first promise that {@code prediction} breaks. */
  public Optional<Constraint> brokenBy(Prediction prediction) {
    if (prediction.saturated()) {
      return Optional.of(Constraint.THROUGHPUT);
    }
    if (prediction.ttft().p95() > ttftSeconds) {
      return Optional.of(Constraint.TTFT);
    }
    if (prediction.tpot().p95() > tpotSeconds) {
      return Optional.of(Constraint.TPOT);
    }
    return prediction.total().p95() > totalSeconds
        ? Optional.of(Constraint.TOTAL)
        : Optional.empty();
  }
}
