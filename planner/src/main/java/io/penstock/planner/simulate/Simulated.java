package io.penstock.planner.simulate;

import io.penstock.planner.simulate.Timeline.End;
import java.util.function.IntToDoubleFunction;

/** What a simulation saw. Times are in seconds, and count from a call's arrival. */
public final class Simulated {
  private static final double NANOS = ReplicaSpec.NANOS;

  private final Calls calls;
  private final Timeline timeline;
  private final int first;
  private final Use use;

  Simulated(Calls calls, Timeline timeline, int first, Use use) {
    this.calls = calls;
    this.timeline = timeline;
    this.first = first;
    this.use = use;
  }

  /** The same without the first calls, in which the fleet was not yet as full as later. */
  public Simulated withoutFirst(int count) {
    return new Simulated(calls, timeline, Math.min(count, calls.size()), use);
  }

  /** The calls. */
  public Calls calls() {
    return calls;
  }

  /** How the replicas were used, over all calls. */
  public Use use() {
    return use;
  }

  /** Calls that got all their tokens. */
  public int finished() {
    return count(End.FINISHED);
  }

  /** Calls that are longer than the model takes or a replica's memory holds. */
  public int refused() {
    return count(End.REFUSED);
  }

  /** Calls whose replica was taken away after their first token. */
  public int broken() {
    return count(End.BROKEN);
  }

  private int count(End end) {
    int count = 0;
    for (int call = first; call < calls.size(); call++) {
      count += timeline.end(call) == end ? 1 : 0;
    }
    return count;
  }

  /** The share of prompt tokens that a prefix cache had. */
  public double prefixHitRatio() {
    double cached = use.cachedTokens();
    return cached > 0 ? cached / (cached + use.prefillTokens()) : 0;
  }

  /** From the arrival until the engine lets the call in. */
  public Spread waited() {
    return spread(this::waitSeconds, 1);
  }

  /** Time to the first token. */
  public Spread ttft() {
    return spread(this::ttftSeconds, 1);
  }

  /** Time per token after the first, of calls that have more than one. */
  public Spread tpot() {
    return spread(this::tpotSeconds, 2);
  }

  /** From the arrival to the last token. */
  public Spread total() {
    return spread(this::totalSeconds, 1);
  }

  /**
   * The share of calls that finished within both times, those left out that no replica takes; 0
   * stands for no promise.
   *
   * @param ttftSeconds to the first token
   * @param tpotSeconds per token after it
   */
  public double within(double ttftSeconds, double tpotSeconds) {
    int kept = 0;
    for (int call = first; call < calls.size(); call++) {
      kept += isWithin(call, ttftSeconds, tpotSeconds) ? 1 : 0;
    }
    int promised = calls.size() - first - refused();
    return promised == 0 ? 1 : (double) kept / promised;
  }

  private boolean isWithin(int call, double ttftSeconds, double tpotSeconds) {
    return timeline.end(call) == End.FINISHED
        && (ttftSeconds == 0 || ttftSeconds(call) <= ttftSeconds)
        && (tpotSeconds == 0
            || calls.completionTokens[call] < 2
            || tpotSeconds(call) <= tpotSeconds);
  }

  double waitSeconds(int call) {
    return (timeline.admittedNanos[call] - calls.atNanos[call]) / NANOS;
  }

  /** From the arrival to the first token. */
  public double ttftSeconds(int call) {
    return (timeline.firstNanos[call] - calls.atNanos[call]) / NANOS;
  }

  /** Per token after the first. */
  public double tpotSeconds(int call) {
    return (timeline.endNanos[call] - timeline.firstNanos[call])
        / NANOS
        / (calls.completionTokens[call] - 1);
  }

  double totalSeconds(int call) {
    return (timeline.endNanos[call] - calls.atNanos[call]) / NANOS;
  }

  private Spread spread(IntToDoubleFunction seconds, int leastCompletion) {
    double[] values = new double[calls.size() - first];
    int count = 0;
    for (int call = first; call < calls.size(); call++) {
      if (timeline.end(call) == End.FINISHED && calls.completionTokens[call] >= leastCompletion) {
        values[count++] = seconds.applyAsDouble(call);
      }
    }
    return Spread.of(values, count);
  }
}
