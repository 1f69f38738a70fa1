package io.penstock.gateway.account;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/**
 * What accounting for one streamed call costs in CPU, the access log off and the making of the
 * ending included. Run by hand; the figures are in docs/limits.md.
 */
final class AccountTiming {
  private static final ThreadMXBean THREAD = ManagementFactory.getThreadMXBean();
  private static final int CALLS = 2_000_000;

  private AccountTiming() {}

  public static void main(String[] args) throws InterruptedException {
    for (int threads : new int[] {1, 1, 1, 2, 4}) {
      try (var metrics = new Metrics()) {
        var account = new Account(Given.config(), metrics.registry(), System.Logger.Level.DEBUG);
        var cpuNanos = new LongAdder();
        List<Thread> running = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
          running.add(Thread.ofPlatform().start(() -> cpuNanos.add(end(account))));
        }
        for (Thread thread : running) {
          thread.join();
        }
        System.out.printf(
            "%d threads: %d ns of CPU, opened and ended%n",
            threads, cpuNanos.sum() / CALLS / threads);
      }
    }
  }

  private static long end(Account account) {
    long start = THREAD.getCurrentThreadCpuTime();
    for (int i = 0; i < CALLS; i++) {
      account.opened();
      account.ended(Given.streamed(Given.call("r", true, 1)), 190);
    }
    return THREAD.getCurrentThreadCpuTime() - start;
  }
}
