package io.penstock.gateway.admit;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.penstock.config.Limits;
import io.penstock.config.Rate;
import io.penstock.config.Tier;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Reservation;
import io.penstock.gateway.call.Usage;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;

/**
 * What one decision costs in CPU, so that a busy machine does not blur it: reserve and settle, over
 * requests, tokens, slots and a budget. Run by hand; the figures are in docs/limits.md.
 */
final class AdmitTiming {
  private static final ThreadMXBean THREAD = ManagementFactory.getThreadMXBean();
  private static final int CALLS = 2_000_000;
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private AdmitTiming() {}

  public static void main(String[] args) throws InterruptedException {
    for (int threads : new int[] {1, 1, 1, 2, 4}) {
      run("all limits, one key", threads, 1, Optional.of(new Rate(1e9, Duration.ofDays(30))));
      run("no budget, one key", threads, 1, Optional.empty());
      run("no budget, a key per thread", threads, threads, Optional.empty());
    }
    runRefused();
  }

  private static void run(String what, int threads, int keys, Optional<Rate> budget)
      throws InterruptedException {
    Tier tier = Given.tier("paid", new Limits(per(1e9), per(1e11), 1000), budget);
    var all = new ArrayList<io.penstock.config.ApiKey>();
    for (int i = 0; i < keys; i++) {
      all.add(Given.key("k" + i, tier, "acme"));
    }
    Admit admit =
        new Admit(
            Given.config(all, List.of(Given.pool(Limits.NONE)), tier),
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
    var cpuNanos = new LongAdder();
    List<Thread> running = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      Caller caller = Given.caller("k" + i % keys, tier, "acme");
      running.add(Thread.ofPlatform().start(() -> cpuNanos.add(call(admit, caller))));
    }
    for (Thread thread : running) {
      thread.join();
    }
    long nanos = cpuNanos.sum() / CALLS / threads;
    System.out.printf("%-28s %d threads: %d ns of CPU, reserve and settle%n", what, threads, nanos);
  }

  private static long call(Admit admit, Caller caller) {
    long start = THREAD.getCurrentThreadCpuTime();
    Demand demand = Given.demand(120, 190);
    Usage usage = new Usage(118, 0, 201, true);
    for (int i = 0; i < CALLS; i++) {
      if (admit.reserve(caller, demand, 480).result() instanceof Reservation reservation) {
        reservation.settle(usage, 190);
      }
    }
    return THREAD.getCurrentThreadCpuTime() - start;
  }

  private static void runRefused() {
    Tier tier = Given.tier("free", new Limits(per(1), per(1000), 1));
    Admit admit =
        new Admit(Given.config(tier), new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
    Caller caller = Given.caller(tier);
    admit.reserve(caller, Given.demand(1, 1));
    for (int round = 0; round < 3; round++) {
      long start = THREAD.getCurrentThreadCpuTime();
      for (int i = 0; i < CALLS / 5; i++) {
        admit.reserve(caller, Given.demand(120, 190));
      }
      System.out.printf(
          "refused: %d ns of CPU%n", (THREAD.getCurrentThreadCpuTime() - start) / (CALLS / 5));
    }
  }

  private static Optional<Rate> per(double amount) {
    return Optional.of(new Rate(amount, MINUTE));
  }
}
