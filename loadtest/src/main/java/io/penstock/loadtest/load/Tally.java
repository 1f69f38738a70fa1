package io.penstock.loadtest.load;

import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** What one loop saw; owned by the loop until it is added to another. */
final class Tally {
  private static final long MOST_NANOS = 3_600_000_000_000L;

  private final Map<String, Long> errors = new TreeMap<>();
  private final Histogram total = new Histogram(MOST_NANOS, 3);
  private final Histogram firstToken = new Histogram(MOST_NANOS, 3);
  private final Histogram gap = new Histogram(MOST_NANOS, 3);
  private final Histogram perToken = new Histogram(MOST_NANOS, 3);
  private final Histogram lateness = new Histogram(MOST_NANOS, 3);
  private long sent;
  private long answered;
  private long promptTokens;
  private long completionTokens;
  private int inFlight;
  private int mostInFlight;
  private long lastEndNanos;

  void sent(long lateNanos) {
    sent++;
    mostInFlight = Math.max(mostInFlight, ++inFlight);
    record(lateness, lateNanos);
  }

  void firstToken(long nanos) {
    record(firstToken, nanos);
  }

  void gap(long nanos) {
    record(gap, nanos);
  }

  void answered(long nanos, long prompt, long completion, long atNanos) {
    answered++;
    promptTokens += prompt;
    completionTokens += completion;
    record(total, nanos);
    ended(atNanos);
  }

  void perToken(long nanos) {
    record(perToken, nanos);
  }

  void failed(String kind, long atNanos) {
    errors.merge(kind, 1L, Long::sum);
    ended(atNanos);
  }

  private void ended(long atNanos) {
    inFlight--;
    lastEndNanos = Math.max(lastEndNanos, atNanos);
  }

  private static void record(Histogram histogram, long nanos) {
    histogram.recordValue(Math.clamp(nanos, 0, MOST_NANOS));
  }

  void add(Tally other) {
    other.errors.forEach((kind, count) -> errors.merge(kind, count, Long::sum));
    total.add(other.total);
    firstToken.add(other.firstToken);
    gap.add(other.gap);
    perToken.add(other.perToken);
    lateness.add(other.lateness);
    sent += other.sent;
    answered += other.answered;
    promptTokens += other.promptTokens;
    completionTokens += other.completionTokens;
    mostInFlight += other.mostInFlight;
    lastEndNanos = Math.max(lastEndNanos, other.lastEndNanos);
  }

  /** Times count from the beginning of the load. */
  LoadReport report() {
    return new LoadReport(
        lastEndNanos / 1e9,
        sent,
        answered,
        Map.copyOf(errors),
        promptTokens,
        completionTokens,
        mostInFlight,
        Quantiles.ofNanos(total),
        Quantiles.ofNanos(firstToken),
        Quantiles.ofNanos(gap),
        Quantiles.ofNanos(perToken),
        Quantiles.ofNanos(lateness));
  }
}
