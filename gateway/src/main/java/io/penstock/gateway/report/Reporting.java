package io.penstock.gateway.report;

import io.penstock.config.PenstockConfig;
import io.penstock.planner.autoscale.PoolCapacity;
import io.penstock.planner.report.Report;
import io.penstock.planner.report.ReportBuilder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes reports of traffic journals: of whole directories for the command line, of the last hours
 * of a running gateway's own for its admin port. Reads files and takes its time: never on a loop.
 */
public final class Reporting {
  private Reporting() {}

  /**
   * A report.
   *
   * @param report what it says
   * @param bad lines that are no record, and were left out
   * @param firstBad where the first of them is, and why; null where there is none
   */
  public record Made(Report report, int bad, @Nullable String firstBad) {}

  /** Nothing can be reported, in one line. */
  public static final class Nothing extends Exception {
    private static final long serialVersionUID = 1;

    Nothing(String message) {
      super(message);
    }
  }

  /** Of all that was recorded in files and directories; empty where nothing was. */
  public static Optional<Made> of(PenstockConfig config, List<Path> sources) throws IOException {
    var builder = new ReportBuilder();
    var tally = Recorded.read(sources, builder::add);
    return builder.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Made(builder.build(Facts.of(config, List.of())), tally.bad(), tally.firstBad()));
  }

  /**
   * Of what a gateway with this config recorded itself.
   *
   * @param seen what it learned of its pools
   * @param window how far back
   * @param now the end of the window
   * @param patience the longest that reading may take
   */
  public static Made last(
      PenstockConfig config,
      List<PoolCapacity> seen,
      Duration window,
      Instant now,
      Duration patience)
      throws IOException, Nothing {
    Path directory =
        config
            .traffic()
            .orElseThrow(() ->
                new Nothing(
                    "This gateway keeps no traffic journal: name a directory under traffic in its"
                        + " config."))
            .directory();
    long start = System.nanoTime();
    long most = patience.toNanos();
    var builder = new ReportBuilder();
    try {
      var tally =
          Recorded.read(
              List.of(directory),
              now.minus(window).toEpochMilli() / (double) TimeUnit.SECONDS.toMillis(1),
              () -> System.nanoTime() - start < most,
              builder::add);
      if (builder.isEmpty()) {
        throw new Nothing("Nothing was recorded in this window.");
      }
      return new Made(builder.build(Facts.of(config, seen)), tally.bad(), tally.firstBad());
    } catch (Recorded.TooLong _) {
      throw new Nothing(
          "More was recorded in this window than is read in "
              + patience.toSeconds()
              + " s: ask for a shorter one, or run penstock report --traffic "
              + directory);
    }
  }
}
