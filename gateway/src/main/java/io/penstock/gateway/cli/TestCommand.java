package io.penstock.gateway.cli;

import picocli.CommandLine.Command;

/** Listed here, done by the launcher: the tests build this jar. */
@Command(
    name = "test",
    description =
        "Installs what the tests need (as root; otherwise says what to install) and runs all of"
            + " them.",
    mixinStandardHelpOptions = true)
final class TestCommand implements Runnable {
  @Override
  public void run() {
    throw Failure.usage("the launcher runs the tests: ./penstock test");
  }
}
