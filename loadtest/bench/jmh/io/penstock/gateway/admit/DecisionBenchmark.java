package io.penstock.gateway.admit;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.penstock.config.Limits;
import io.penstock.config.Rate;
import io.penstock.config.Tier;
import io.penstock.gateway.call.Admission;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Reservation;
import io.penstock.gateway.call.Usage;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/** What the decision costs that is made in this process; the figures are in docs/benchmarks.md. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 4, time = 1)
@State(Scope.Benchmark)
public class DecisionBenchmark {
  private static final Demand DEMAND = Given.demand(120, 190);
  private static final Usage USAGE = new Usage(118, 0, 201, true);

  private final Tier limited = Given.tier("paid", limits(1e9, 1e11, 1000));
  private final Tier budgeted =
      Given.tier("rich", limits(1e9, 1e11, 1000), Optional.of(new Rate(1e9, Duration.ofDays(30))));
  private final Tier spent = Given.tier("free", limits(1, 1000, 1));
  private final Admit admit =
      new Admit(
          Given.config(
              List.of(
                  Given.key("paid", limited, "a"),
                  Given.key("rich", budgeted, "b"),
                  Given.key("free", spent, "c")),
              List.of(Given.pool(Limits.NONE)),
              limited,
              budgeted,
              spent),
          new PrometheusMeterRegistry(PrometheusConfig.DEFAULT));
  private final Caller paid = Given.caller("paid", limited, "a");
  private final Caller rich = Given.caller("rich", budgeted, "b");
  private final Caller free = Given.caller("free", spent, "c");

  /** The slot of the tier that may do nothing more is taken. */
  public DecisionBenchmark() {
    admit.reserve(free, Given.demand(1, 1));
  }

  private static Limits limits(double requests, double tokens, int slots) {
    Duration minute = Duration.ofMinutes(1);
    return new Limits(Given.per(requests, minute), Given.per(tokens, minute), slots);
  }

  /** One decision over requests, tokens and slots, and its settlement. */
  @Benchmark
  public Admission reserveAndSettle() {
    return call(paid);
  }

  /** With the tenant's money, too. */
  @Benchmark
  public Admission reserveAndSettleMoney() {
    return call(rich);
  }

  /** The same from two threads, by one key. */
  @Benchmark
  @Threads(2)
  public Admission reserveAndSettleTwoThreads() {
    return call(paid);
  }

  /** A refusal, its message and its time to wait. */
  @Benchmark
  public Admission refuse() {
    return admit.reserve(free, DEMAND).result();
  }

  private Admission call(Caller caller) {
    Admission admission = admit.reserve(caller, DEMAND, 480).result();
    ((Reservation) admission).settle(USAGE, 190);
    return admission;
  }
}
