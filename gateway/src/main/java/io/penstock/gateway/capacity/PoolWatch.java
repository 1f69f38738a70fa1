package io.penstock.gateway.capacity;

import io.penstock.config.Pool;
import io.penstock.config.Scaling;
import io.penstock.config.Slo;
import io.penstock.planner.autoscale.LoadAhead;
import io.penstock.planner.autoscale.Policy;
import io.penstock.planner.autoscale.PoolCapacity;
import io.penstock.planner.autoscale.Scaler;
import io.penstock.planner.autoscale.Situation;
import io.penstock.planner.autoscale.Stabiliser;
import io.penstock.planner.autoscale.Target;
import io.penstock.planner.calibrate.Calibrated;
import io.penstock.planner.calibrate.Calibration;
import io.penstock.planner.calibrate.FirstTokens;
import io.penstock.planner.calibrate.Sighting;
import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.Workload;
import io.penstock.planner.size.Bound;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * One pool, watched. Loops count arrivals and leave behind what they saw; one thread, that of
 * {@link #look}, learns from it. Outlives reloads of the config that keep the pool's hardware.
 */
final class PoolWatch {

  /** What loops may leave behind between two looks; more says nothing new. */
  private static final int MOST_WAITING = 2000;

  /** Half of what lengths were is forgotten after so many seconds of looking. */
  private static final double FORGETTING_SECONDS = 1800;

  /** Requests after which a replica is what they showed. */
  private static final int FEWEST_SAMPLES = 20;

  /** For how long after its first call a gateway knows little. */
  private static final double FIRST_SECONDS = 60;

  /** How many times as much as this gateway's own a server's load may be. */
  private static final double MOST_SHARE = 100;

  /** Calls at once at which a step is compared with that of one alone. */
  private static final double MANY = 16;

  private static final double MOST_IDLE = 100;

  private static final Optional<Target> NO_TARGET = Optional.empty();
  private static final double USUAL_PROMPT = 500;
  private static final double USUAL_COMPLETION = 200;

  private final Deployment prior;
  private final Calibration calibration;
  private final Map<String, LoadMeter> meters = new ConcurrentHashMap<>();
  private final LongAdder arrivals = new LongAdder();
  private final Queue<Ended> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waitingCount = new AtomicInteger();
  private volatile Pool pool;
  private volatile @Nullable PoolCapacity latest;
  private volatile @Nullable ContinuousBatching replica;
  private volatile @Nullable Bearing bears;
  private volatile @Nullable Speeds speeds;
  private final FirstTokens firstTokens = new FirstTokens();

  // Of the looking thread alone.
  private final LoadAhead load = new LoadAhead();
  private final RecentLengths prompts = new RecentLengths();
  private final RecentLengths completions = new RecentLengths();
  private final Mean cachedShare = new Mean();
  private final Accuracy accuracy = new Accuracy();
  private final SlowestCalls slowest = new SlowestCalls();
  private final Stabiliser stabiliser = new Stabiliser(0);
  private double lastSeconds = Double.NaN;
  private long arrivedBefore;
  private double ownPerSecond;
  private double ownHeard;
  private double firstSeconds = Double.NaN;

  PoolWatch(Pool pool, Deployment prior) {
    this.pool = pool;
    this.prior = prior;
    this.calibration = Calibration.of(prior);
  }

  Deployment prior() {
    return prior;
  }

  void reload(Pool next) {
    pool = next;
    // A call that is still at a backend that has gone holds its meter itself.
    meters.keySet().retainAll(next.backends().stream().map(Pool.Backend::id).toList());
  }

  // From any loop.

  void arrived() {
    arrivals.increment();
  }

  LoadMeter meter(String backend) {
    LoadMeter known = meters.get(backend);
    return known != null ? known : meters.computeIfAbsent(backend, _ -> new LoadMeter());
  }

  void ended(Ended call) {
    if (waitingCount.get() < MOST_WAITING) {
      waitingCount.incrementAndGet();
      waiting.add(call);
    }
  }

  // From the looking thread.

  /**
   * Learns from what came since the last look.
   *
   * @param nowSeconds on a clock that does not go back
   * @param epochSeconds the time of day
   * @param replicas servers that are up
   * @param inFlight calls there
   * @param others what the rest of the fleet saw
   */
  PoolCapacity look(
      double nowSeconds, long epochSeconds, int replicas, int inFlight, Others others) {
    double passed = Double.isNaN(lastSeconds) ? 0 : nowSeconds - lastSeconds;
    lastSeconds = nowSeconds;
    count(passed, epochSeconds, others);
    learn(passed);
    var lengths = lengths(others);
    var policy = policy(pool);
    stabiliser.window(policy.windowSeconds());
    var ahead = load.ahead(policy.startSeconds());
    var seen = calibration.calibrated();
    var situation =
        new Situation(
            prior,
            bestKnown(seen, others),
            lengths,
            ahead,
            inFlight * fleetShare(),
            slowest.tail(),
            promises(pool.slo()));
    Target wanted = atFirst(Scaler.want(situation, policy), replicas, policy);
    if (latest == null) {
      stabiliser.hold(nowSeconds, asItStands(wanted, replicas, policy));
    }
    Target target = stabiliser.hold(nowSeconds, others.agreed().orElse(wanted));
    var next =
        new PoolCapacity(
            pool.name(),
            prior,
            seen,
            new PoolCapacity.Load(
                load.perSecond(),
                ahead.mean(),
                ahead.high(),
                lengths.prompt().mean(),
                lengths.completion().mean(),
                lengths.prefixHitRatio()),
            accuracy.times(),
            replicas,
            inFlight,
            target);
    latest = next;
    bears =
        Bearing.of(
            seen.samples() >= FEWEST_SAMPLES ? seen.apply(prior) : prior, lengths, situation.slo());
    if (seen.samples() >= FEWEST_SAMPLES) {
      replica = ContinuousBatching.of(seen.apply(prior));
      speeds = speeds(replica, lengths);
      slowest.expect(replica, lengths, load.perSecond() / Math.max(1, replicas));
    }
    return next;
  }

  /**
   * A gateway that has just started knows of no load; what others found necessary stays for a
   * window.
   */
  private static Target asItStands(Target wanted, int replicas, Policy policy) {
    int standing = Math.clamp(Math.max(replicas, wanted.replicas()), policy.min(), policy.max());
    return wanted.with(standing, "as it stood when the gateway started");
  }

  /**
   * In its first minute a gateway knows its servers by their first answers alone, perhaps by those
   * of an overload. It asks for no more at a time than autoscalers do: the double, or four more.
   */
  private Target atFirst(Target wanted, int replicas, Policy policy) {
    if (Double.isNaN(firstSeconds) && arrivedBefore > 0) {
      firstSeconds = lastSeconds;
    }
    int most = Math.max(policy.min(), Math.max(2 * replicas, replicas + 4));
    return wanted.replicas() <= most || lastSeconds - firstSeconds >= FIRST_SECONDS
        ? wanted
        : wanted.with(most, "no more than the double, or 4 more, in the first minute");
  }

  private void learn(double passedSeconds) {
    double keep = Math.pow(0.5, passedSeconds / FORGETTING_SECONDS);
    prompts.fade(keep);
    completions.fade(keep);
    for (Ended call = waiting.poll(); call != null; call = waiting.poll()) {
      waitingCount.decrementAndGet();
      prompts.add(call.promptTokens());
      completions.add(call.seen().completionTokens());
      cachedShare.add(call.cachedTokens() / Math.max(1, call.promptTokens()));
      if (call.timed()) {
        Sighting seen = call.seen().amongOthers(fleetShare());
        compare(call);
        var expected = calibration.expected(seen);
        accuracy.compare(expected, seen);
        slowest.see(seen);
        if (replica != null && seen.tpotSeconds() > 0) {
          call.at().slowness().see(seen.tpotSeconds() / expected.tpotSeconds());
        }
        calibration.see(seen);
      }
    }
  }

  private Speeds speeds(ContinuousBatching known, Workload lengths) {
    Map<String, Double> slowness = new HashMap<>();
    meters.forEach((backend, meter) -> slowness.put(backend, meter.slowness().value()));
    double alone = known.closedLoop(lengths, 1).tpot().mean();
    double many = known.closedLoop(lengths, MANY).tpot().mean();
    double each = (many - alone) / (MANY - 1);
    return new Speeds(each > 0 ? Math.clamp(alone / each - 1, 0, MOST_IDLE) : 0, slowness);
  }

  /** Holds a first token beside what a dry run would have said of it. */
  private void compare(Ended call) {
    ContinuousBatching known = replica;
    if (known != null && call.seen().ttftSeconds() > 0) {
      double said = known.nextFirstToken(call.promptExpected(), call.others());
      firstTokens.add(said, call.seen().ttftSeconds());
    }
  }

  /** By how much more calls the servers have than this gateway gives them. */
  private double fleetShare() {
    return ownPerSecond > 0 ? Math.clamp(load.perSecond() / ownPerSecond, 1, MOST_SHARE) : 1;
  }

  private void count(double passedSeconds, long epochSeconds, Others others) {
    long now = arrivals.sum();
    double own = now - arrivedBefore;
    double came = own * others.times() + others.arrived();
    arrivedBefore = now;
    double start = seconds(pool.capacity().orElseThrow().scaling().start());
    load.count(came, passedSeconds, epochSeconds, start);
    if (passedSeconds > 0) {
      double share = -Math.expm1(-passedSeconds / LoadAhead.momentSeconds(start));
      // As the fleet's is: else who has just started seems to be one of several.
      ownHeard += share * (1 - ownHeard);
      ownPerSecond += share / ownHeard * (own / passedSeconds - ownPerSecond);
    }
  }

  /** The lengths that the whole fleet sees. */
  private Workload lengths(Others others) {
    var fleetPrompts = prompts.with(others.seen().stream().map(Seen::prompts).toList());
    var fleetCompletions = completions.with(others.seen().stream().map(Seen::completions).toList());
    double cached = prompts.count() * cachedShare();
    for (Seen other : others.seen()) {
      cached += other.prompts().count() * other.cachedShare();
    }
    double counted = fleetPrompts.count();
    // The first answers are the shortest; until there are some, most are taken to be as usual.
    for (double more = counted; more < FEWEST_SAMPLES; more++) {
      fleetPrompts.add(USUAL_PROMPT);
      fleetCompletions.add(USUAL_COMPLETION);
    }
    return new Workload(
        fleetPrompts.lengths(USUAL_PROMPT),
        fleetCompletions.lengths(USUAL_COMPLETION),
        counted > 0 ? Math.clamp(cached / counted, 0, 0.95) : 0,
        1);
  }

  private double cachedShare() {
    double share = cachedShare.value();
    return Double.isNaN(share) ? 0 : share;
  }

  /** Who saw most calls knows the servers best. */
  private static Calibrated bestKnown(Calibrated own, Others others) {
    return others.seen().stream()
        .map(Seen::calibrated)
        .filter(theirs -> theirs.samples() > own.samples())
        .max(Comparator.comparingLong(Calibrated::samples))
        .orElse(own);
  }

  /**
   * What this gateway has seen, for the others.
   *
   * @param leads whether its target is theirs, too
   */
  Seen seen(boolean leads) {
    var target = leads ? Optional.ofNullable(latest).map(PoolCapacity::target) : NO_TARGET;
    return new Seen(
        arrivedBefore, prompts, completions, cachedShare(), calibration.calibrated(), target);
  }

  private static Policy policy(Pool pool) {
    var capacity = pool.capacity().orElseThrow();
    Scaling scaling = capacity.scaling();
    return new Policy(
        capacity.min(),
        capacity.max(),
        scaling.headroom(),
        scaling.spareReplicas(),
        seconds(scaling.start()),
        seconds(scaling.window()));
  }

  private static List<Bound> promises(Slo slo) {
    var bounds = new ArrayList<Bound>(2);
    promise(bounds, Bound.Metric.TTFT, slo.ttft());
    promise(bounds, Bound.Metric.TPOT, slo.tpot());
    return bounds;
  }

  private static void promise(List<Bound> bounds, Bound.Metric metric, Duration within) {
    if (within.isPositive()) {
      bounds.add(new Bound(metric, Bound.Percentile.P95, seconds(within)));
    }
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }

  /** A replica as traffic showed it; null while that is little. */
  @Nullable ContinuousBatching replica() {
    return replica;
  }

  /** How first tokens are spread around what the model says of each. */
  FirstTokens firstTokens() {
    return firstTokens;
  }

  /** How its servers differ; null while little was seen. */
  @Nullable Speeds speeds() {
    return speeds;
  }

  /** What one of its servers bears; null before the first look, or where the model does not fit. */
  @Nullable Bearing bears() {
    return bears;
  }

  /** What the last look found; null before the first. */
  @Nullable PoolCapacity latest() {
    return latest;
  }
}
