package io.penstock.config.trace;

import io.penstock.planner.capacity.Lengths;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.size.Demand;
import io.penstock.planner.size.Show;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;

/**
 * What recorded requests ask of a pool.
 *
 * @param requests how many
 * @param seconds from the first to the last
 * @param averagePerSecond over that time
 * @param peakPerSecond over the busiest window as long as a replica takes to start: what comes
 *     sooner than that, no replica that is not there yet can serve
 * @param window that was looked at
 * @param perSecondByHour from the first request on
 * @param load their lengths, as a histogram
 */
public record TrafficShape(
    int requests,
    double seconds,
    double averagePerSecond,
    double peakPerSecond,
    Duration window,
    double[] perSecondByHour,
    Workload load) {
  private static final long NANOS = 1_000_000_000;
  private static final double SECONDS_PER_HOUR = 3600;

  /** Slices of as many requests each, the mean of which stands for them. */
  private static final int SLICES = 64;

  /** The shape of {@code rows}, which are in the order of their times. */
  public static TrafficShape of(List<TraceRow> rows, Duration window) {
    double seconds =
        Math.max(1, (rows.getLast().atNanos() - rows.getFirst().atNanos()) / (double) NANOS);
    double average = rows.size() / seconds;
    return new TrafficShape(
        rows.size(),
        seconds,
        average,
        Math.max(average, busiest(rows, window) / Math.min(seconds, (double) window.toSeconds())),
        window,
        byHour(rows, seconds),
        new Workload(
            lengths(rows, TraceRow::promptTokens),
            lengths(rows, row -> Math.max(1, row.completionTokens())),
            0,
            1));
  }

  /** The most requests in any window, by one that slides from request to request. */
  private static int busiest(List<TraceRow> rows, Duration window) {
    int first = 0;
    int most = 0;
    for (int last = 0; last < rows.size(); last++) {
      while (rows.get(last).atNanos() - rows.get(first).atNanos() > window.toNanos()) {
        first++;
      }
      most = Math.max(most, last - first + 1);
    }
    return most;
  }

  private static double[] byHour(List<TraceRow> rows, double seconds) {
    double[] counts = new double[(int) Math.ceil(seconds / SECONDS_PER_HOUR)];
    long start = rows.getFirst().atNanos();
    for (var row : rows) {
      long hour = (row.atNanos() - start) / (3600 * NANOS);
      counts[(int) Math.min(counts.length - 1L, hour)]++;
    }
    for (int hour = 0; hour < counts.length; hour++) {
      counts[hour] /= Math.min(SECONDS_PER_HOUR, seconds - hour * SECONDS_PER_HOUR);
    }
    return counts;
  }

  private static Lengths lengths(List<TraceRow> rows, ToIntFunction<TraceRow> of) {
    int[] sorted = rows.stream().mapToInt(of).sorted().toArray();
    int slices = Math.min(SLICES, sorted.length);
    double[] tokens = new double[slices];
    double[] weights = new double[slices];
    for (int i = 0; i < slices; i++) {
      int from = (int) ((long) sorted.length * i / slices);
      int to = (int) ((long) sorted.length * (i + 1) / slices);
      weights[i] = to - from;
      tokens[i] = Arrays.stream(sorted, from, to).average().orElse(0);
    }
    return Lengths.histogram(tokens, weights);
  }

  /** As a pool is sized for. */
  public Demand demand() {
    return Demand.rate(peakPerSecond, averagePerSecond, load);
  }

  /** In one line. */
  public String text() {
    return "%,d requests in %s: %s a second on average, %s at the peak of %s; by hour %s; prompts %s, completions %s tokens in the mean"
        .formatted(
            requests,
            Show.seconds(seconds),
            Show.number(averagePerSecond),
            Show.number(peakPerSecond),
            Show.seconds((double) window.toSeconds()),
            DoubleStream.of(perSecondByHour)
                .mapToObj(Show::number)
                .collect(Collectors.joining(" ")),
            Show.number(load.prompt().mean()),
            Show.number(load.completion().mean()));
  }
}
