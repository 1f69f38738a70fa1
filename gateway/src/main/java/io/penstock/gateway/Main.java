package io.penstock.gateway;

import io.penstock.gateway.cli.Penstock;
import java.io.PrintWriter;
import java.io.Writer;

/** The process: sets the log's form, runs one command, exits with its code. */
public final class Main {
  private static final String LOG_FORM = "java.util.logging.SimpleFormatter.format";

  /** The start-up cache holds what one process loaded: a plan's classes are to be among them. */
  private static final String TRAINING = "penstock.training";

  private Main() {}

  public static void main(String[] args) {
    if (System.getProperty(LOG_FORM) == null) {
      System.setProperty(LOG_FORM, "%1$tFT%1$tT.%1$tL%1$tz %4$s %3$s: %5$s%6$s%n");
    }
    if (Boolean.getBoolean(TRAINING)) {
      Penstock.commandLine("plan")
          .setOut(new PrintWriter(Writer.nullWriter()))
          .execute("plan", "--audit");
    }
    System.exit(Penstock.commandLine(args).execute(args));
  }
}
