package io.penstock.gateway.cli;

import java.io.Console;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Optional;

/** One line on a terminal that is written over while a simulation runs; elsewhere nothing. */
final class SimulateProgress implements AutoCloseable {
  private static final int WIDTH = 40;

  private final PrintStream out;
  private final boolean shown;
  private final int all;
  private int before;
  private int percent = -1;

  SimulateProgress(int all) {
    this.out = System.err;
    this.shown = Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent();
    this.all = all;
  }

  /** So many requests of the present pool have come. */
  void at(int calls) {
    int now = (int) (100L * (before + calls) / Math.max(1, all));
    if (shown && now != percent) {
      percent = now;
      int full = now * WIDTH / 100;
      out.printf(
          Locale.ROOT,
          "\r[%s%s] %d %% of %,d requests",
          "#".repeat(full),
          ".".repeat(WIDTH - full),
          now,
          all);
      out.flush();
    }
  }

  /** A pool is done. */
  void done(int calls) {
    before += calls;
  }

  @Override
  public void close() {
    if (shown && percent >= 0) {
      out.print("\r\033[K");
      out.flush();
    }
  }
}
