package io.penstock.gateway.capacity;

import io.penstock.config.trace.Trace;
import io.penstock.config.trace.TraceFile;
import io.penstock.config.trace.TraceRow;
import io.penstock.planner.simulate.Calls;
import java.nio.file.Path;
import java.util.List;

/**
 * Prints what the closed loop makes of a window of a recorded trace, beside an autoscaler on calls
 * in flight, as many servers as the plan has for the busiest minute, and fewer than that:
 *
 * <pre>
 *   java -cp gateway/target/penstock.jar:gateway/target/test-classes \\
 *     io.penstock.gateway.capacity.ClosedLoopOfTrace FILE FROM WARM MINUTES SEEDS [FIRST]
 * </pre>
 *
 * <p>{@code FROM} is the window's first minute, {@code WARM} how many before it are replayed and
 * not counted, {@code SEEDS} how many draws of the servers' slowness, {@code FIRST} how many
 * servers there are in the beginning: as planned for the first minute where nothing is said.
 */
final class ClosedLoopOfTrace {
  private static final double NANOS = 1e9;
  private static final int FEWER = 4;

  private ClosedLoopOfTrace() {}

  public static void main(String[] args) {
    var rows = ((Trace.Ok) TraceFile.read(Path.of(args[0]))).rows();
    double from = 60 * Double.parseDouble(args[1]);
    double warm = Math.min(from, 60 * Double.parseDouble(args[2]));
    double seconds = 60 * Double.parseDouble(args[3]);
    var calls = window(rows, from - warm, from + seconds);
    for (int seed = 1; seed <= Integer.parseInt(args[4]); seed++) {
      var loop = new VirtualLoop(calls, warm, seconds, seed);
      int peak = loop.plannedAtPeak();
      int first = args.length > 5 ? Integer.parseInt(args[5]) : loop.plannedAtFirst();
      print("seed " + seed + ": " + first + " servers in the beginning, " + peak + " at the peak");
      print("  penstock     " + loop.gateway(first));
      print("  utilization  " + loop.utilization(first));
      print("  peak         " + loop.fixed(peak));
      for (int fewer = 1; fewer <= FEWER && peak > fewer; fewer++) {
        print("  always " + (peak - fewer) + "     " + loop.fixed(peak - fewer));
      }
    }
  }

  private static Calls window(List<TraceRow> rows, double from, double until) {
    var built = new Calls.Builder();
    for (var row : rows) {
      double at = row.atNanos() / NANOS;
      if (at >= from && at < until) {
        built.add(Math.round((at - from) * NANOS), row.promptTokens(), row.completionTokens(), 1);
      }
    }
    return built.build();
  }

  private static void print(String line) {
    System.out.println(line);
  }
}
