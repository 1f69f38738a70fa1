package io.penstock.loadtest.load;

import java.io.PrintStream;
import java.util.Locale;
import java.util.function.Consumer;

/** One line on a terminal that is written over as the load goes on. */
public final class ProgressLine implements Consumer<LoadGenerator.Progress> {
  private final PrintStream out;

  public ProgressLine(PrintStream out) {
    this.out = out;
  }

  @Override
  public void accept(LoadGenerator.Progress progress) {
    out.printf(
        Locale.ROOT,
        "\r%6.1f s  %d sent  %d in flight  %d answered  %d failed\033[K",
        progress.elapsed().toMillis() / 1e3,
        progress.sent(),
        progress.inFlight(),
        progress.answered(),
        progress.failed());
    out.flush();
  }

  /** Leaves the line to what comes next. */
  public void end() {
    out.println();
  }
}
