package io.penstock.gateway.capacity;

import io.penstock.config.Pool;
import io.penstock.planner.calibrate.Sighting;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.simulate.Calls;
import io.penstock.planner.simulate.Front;
import io.penstock.planner.simulate.Scaling;
import java.util.Optional;

/**
 * A gateway before a simulated fleet, on the simulation's clock. What its pool's watch learns of
 * the calls, what it wants of replicas and says of their speed is what a running gateway's does.
 */
final class VirtualGateway implements Front, Scaling {
  private static final double NANOS = 1e9;
  private static final long LOOK_NANOS = 2_000_000_000L;

  /** A meter's clock does not start at 0. */
  private static final long CLOCK_NANOS = 1_000_000_000_000L;

  private static final long EPOCH_SECONDS = 1_700_000_040L;
  private static final double EXPECTED_COMPLETION = 200;

  /** What a prompt at work counts for, as in a pool that holds none back. */
  private static final double PROMPT_CALLS = 6;

  private final Calls calls;
  private final PoolWatch watch;
  private final Optional<Scaling> instead;
  private final long countedFromNanos;
  private final LoadMeter.Mark[] marks;
  private final int[] others;
  private final double[] context;
  private long nextNanos;
  private double replicaSeconds;

  /**
   * @param instead who decides how many there are; empty: the gateway itself
   * @param countedFromNanos from when on replicas are paid for
   */
  VirtualGateway(
      Pool pool, Deployment prior, Calls calls, Optional<Scaling> instead, long countedFromNanos) {
    this.calls = calls;
    this.watch = new PoolWatch(pool, prior);
    this.instead = instead;
    this.countedFromNanos = countedFromNanos;
    this.marks = new LoadMeter.Mark[calls.size()];
    this.others = new int[calls.size()];
    this.context = new double[calls.size()];
  }

  /** What was paid for. */
  double replicaSeconds() {
    return replicaSeconds;
  }

  private LoadMeter meter(int replica) {
    return watch.meter("s" + replica);
  }

  @Override
  public double load(int replica, int inFlight, int unbegun) {
    var speeds = watch.speeds();
    if (speeds == null) {
      return inFlight;
    }
    return speeds.slowness().getOrDefault("s" + replica, 1.0)
        * (speeds.idleCalls() + 1 + inFlight + PROMPT_CALLS * unbegun);
  }

  @Override
  public void sent(int call, int replica, int inFlight, long nowNanos) {
    watch.arrived();
    double prompt = calls.promptTokens(call);
    context[call] = prompt + EXPECTED_COMPLETION / 2;
    others[call] = inFlight;
    marks[call] = meter(replica).enter(CLOCK_NANOS + nowNanos, prompt, context[call]);
  }

  @Override
  public void ended(int call, int replica, long firstTokenNanos, long endNanos) {
    double prompt = calls.promptTokens(call);
    double completion = calls.completionTokens(call);
    double ttft = (firstTokenNanos - calls.atNanos(call)) / NANOS;
    double decoding = (endNanos - firstTokenNanos) / NANOS;
    long now = CLOCK_NANOS + endNanos;
    var meter = meter(replica);
    var shared = meter.since(marks[call], now, prompt + completion / 2);
    meter.firstToken(ttft);
    var seen =
        new Sighting(
            now / NANOS,
            shared.batch(),
            prompt,
            shared.contextTokens(),
            marks[call].tokensAhead(),
            shared.tokensBeside(),
            completion,
            ttft,
            completion > 1 ? decoding / (completion - 1) : Double.NaN,
            ttft + decoding);
    watch.ended(new Ended(meter, seen, prompt, 0, prompt, others[call], true));
    meter.leave(now, context[call]);
  }

  @Override
  public long everyNanos() {
    return LOOK_NANOS;
  }

  @Override
  public int desired(Seen seen) {
    int there = seen.up() + seen.starting();
    if (seen.atNanos() >= countedFromNanos) {
      replicaSeconds += there * (LOOK_NANOS / NANOS);
    }
    var found =
        watch.look(
            (CLOCK_NANOS + seen.atNanos()) / NANOS,
            EPOCH_SECONDS + (long) (seen.atNanos() / NANOS),
            seen.up(),
            seen.inFlight(),
            Others.NONE);
    return instead.map(other -> decided(other, seen, there)).orElse(found.target().replicas());
  }

  private int decided(Scaling other, Seen seen, int there) {
    if (other.everyNanos() == 0 || seen.atNanos() < nextNanos) {
      return there;
    }
    nextNanos += other.everyNanos();
    return other.desired(seen);
  }
}
