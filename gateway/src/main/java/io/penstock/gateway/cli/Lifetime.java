package io.penstock.gateway.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** How long a command that serves stays: until SIGTERM or SIGINT, or its time is over. */
final class Lifetime {
  private final CountDownLatch over = new CountDownLatch(1);

  /** Listens from now on; a second signal while the first one's work goes on ends the process. */
  static Lifetime untilTerminated() {
    var lifetime = new Lifetime();
    Signals.on("TERM", () -> lifetime.end(143));
    Signals.on("INT", () -> lifetime.end(130));
    return lifetime;
  }

  private void end(int codeOfASecondSignal) {
    if (over.getCount() == 0) {
      Runtime.getRuntime().halt(codeOfASecondSignal);
    }
    over.countDown();
  }

  /**
   * Waits for the end.
   *
   * @param atMost zero waits without a bound
   */
  void await(Duration atMost) throws InterruptedException {
    if (atMost.isZero()) {
      over.await();
    } else if (!over.await(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
      over.countDown();
    }
  }
}
