package io.penstock.gateway.cli;

import picocli.CommandLine.Command;

/** Listed here, done by the launcher: the tests build this jar. */
@Command(
    name = "test",
    description = {
      "Installs what the tests need and runs all of them.",
      "As root; otherwise it says what to install."
    },
    mixinStandardHelpOptions = true)
final class TestCommand implements Runnable {
  @Override
  public void run() {
    throw Failure.usage("the launcher runs the tests: ./penstock test");
  }
}
