package io.penstock.planner.capacity;

import com.sun.management.ThreadMXBean;
import io.penstock.planner.Sample;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;

/**
 * What a prediction costs, in microseconds of the thread's own processor time and in bytes: {@code
 * java -cp planner/target/test-classes:planner/target/classes
 * io.penstock.planner.capacity.PredictionCost}. Processor time, because a busy machine makes the
 * clock say more.
 */
final class PredictionCost {
  private static final int ROUNDS = 8;
  private static final int CALLS = 40_000;

  private PredictionCost() {}

  public static void main(String[] args) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    var load = new Workload(Lengths.logNormal(800, 1.1), Lengths.logNormal(250, 0.9), 0, 1);
    for (var deployment : List.copyOf(Sample.variety())) {
      var replica = ContinuousBatching.of(deployment);
      double most = replica.saturation(load);
      double sum = 0;
      double micros = 0;
      double bytes = 0;
      for (int round = 0; round < ROUNDS; round++) {
        long nanos = threads.getCurrentThreadCpuTime();
        long allocated = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < CALLS; i++) {
          sum += replica.openLoop(load, most * (i % 95 + 1) / 100).ttft().p95();
        }
        micros = (threads.getCurrentThreadCpuTime() - nanos) / 1e3 / CALLS;
        bytes = (threads.getCurrentThreadAllocatedBytes() - allocated) / (double) CALLS;
      }
      System.out.printf(
          Locale.ROOT,
          "%-16s openLoop %6.2f us %6.0f bytes (%.0f)%n",
          deployment.model().name(),
          micros,
          bytes,
          sum);
    }
  }
}
