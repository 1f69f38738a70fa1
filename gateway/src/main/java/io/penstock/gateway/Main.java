package io.penstock.gateway;

import io.penstock.gateway.cli.Penstock;

/** The process: sets the log's form, runs one command, exits with its code. */
public final class Main {
  private static final String LOG_FORM = "java.util.logging.SimpleFormatter.format";

  private Main() {}

  public static void main(String[] args) {
    if (System.getProperty(LOG_FORM) == null) {
      System.setProperty(LOG_FORM, "%1$tFT%1$tT.%1$tL%1$tz %4$s %3$s: %5$s%6$s%n");
    }
    System.exit(Penstock.commandLine().execute(args));
  }
}
