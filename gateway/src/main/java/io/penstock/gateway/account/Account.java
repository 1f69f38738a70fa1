package io.penstock.gateway.account;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.Tier;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Ending;
import io.penstock.gateway.call.Route;
import io.penstock.gateway.call.Usage;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * The last stage: told when a call was accepted and, exactly once, how it ended. All that is
 * counted about a call is counted here and at that moment, so that on the metrics accepted =
 * answered + refused + failed + cancelled as soon as nothing is in flight.
 *
 * <p>Shared by all loops. Meters are made once for each tier and pool and then held, so that an
 * ending costs some additions to striped counters and no look-up by label. Labels come from the
 * config's names alone; what a call did not reach is {@code none}.
 */
public final class Account {
  private static final System.Logger LOG = System.getLogger(Account.class.getName());

  /** The label of what a call did not reach. */
  static final String NONE = "none";

  private final MeterRegistry meters;
  private final AccessLog accessLog;
  private final RecentEndings recent = new RecentEndings();
  private final Map<String, Map<String, TierPoolMeters>> tiers = new ConcurrentHashMap<>();
  private final Map<String, PoolMeters> pools = new ConcurrentHashMap<>();
  private volatile Recorder recorder = (_, _) -> {};
  private final LongAdder accepted = new LongAdder();
  private final LongAdder ended = new LongAdder();
  private final Counter endedTwice;
  private final Timer overhead;

  /**
   * @param accessLevel at which each call is logged in a line of its own
   */
  public Account(PenstockConfig config, MeterRegistry meters, System.Logger.Level accessLevel) {
    this(config, meters, new AccessLog(accessLevel, System::nanoTime));
  }

  Account(PenstockConfig config, MeterRegistry meters, AccessLog accessLog) {
    this.meters = meters;
    this.accessLog = accessLog;
    FunctionCounter.builder("penstock.accepted", accepted, LongAdder::sum)
        .description("Requests whose head arrived")
        .register(meters);
    Gauge.builder("penstock.open.calls", this, Account::open)
        .description("Accepted and not yet ended")
        .register(meters);
    endedTwice =
        Counter.builder("penstock.double.endings")
            .description("Calls that were ended again after their end; a bug")
            .register(meters);
    overhead = Histograms.overhead(meters);
    reload(config);
  }

  /** Makes the meters of a config's tiers and pools, so that they are there before they move. */
  public void reload(PenstockConfig config) {
    of(NONE, NONE);
    config.pools().keySet().forEach(this::of);
    for (Tier tier : config.tiers().values()) {
      of(tier.name(), NONE);
      tier.route().values().forEach(pool -> of(tier.name(), pool));
      tier.pools().forEach(pool -> of(tier.name(), pool));
    }
  }

  /** A request's head arrived: it will end. */
  public void opened() {
    accepted.increment();
  }

  /** As {@link #ended(Ending, long)}, for a call that cost nothing. */
  public void ended(Ending ending) {
    ended(ending, 0);
  }

  /**
   * A call ended. Told again of the same call, it logs the mistake and counts nothing twice.
   *
   * @param microUsd what it cost, in millionths of a USD
   */
  public void ended(Ending ending, long microUsd) {
    Call call = ending.call();
    if (call != null && recent.sawBefore(call.id())) {
      endedTwice.increment();
      LOG.log(
          System.Logger.Level.ERROR, "call {0} ended twice, now {1}", call.id(), ending.reason());
      return;
    }
    ended.increment();
    count(ending, microUsd);
    accessLog.write(ending);
    recorder.record(ending, microUsd);
  }

  /** Tells the journal of every ending from now on. */
  public void recordTo(Recorder journal) {
    recorder = journal;
  }

  private void count(Ending ending, long microUsd) {
    Caller caller = ending.caller();
    Route route = ending.route();
    Demand demand = ending.demand();
    String pool = route == null ? NONE : route.pool().name();
    TierPoolMeters both = of(caller == null ? NONE : caller.tier().name(), pool);
    both.ended(ending.outcome(), demand == null ? null : demand.complexity().level());
    both.used(ending.usage(), microUsd);
    if (ending.outcome() == Ending.Outcome.ANSWERED || ending.outcome() == Ending.Outcome.FAILED) {
      both.lasted(ending.endNanos());
    }
    of(pool).ended(ending);
    if (ending.firstByteNanos() > 0 && ending.upstreamFirstByteNanos() > 0) {
      long upstream = ending.upstreamFirstByteNanos() - ending.dispatchNanos();
      overhead.record(Math.max(0, ending.firstByteNanos() - upstream), TimeUnit.NANOSECONDS);
    }
  }

  /** A backend of the pool failed, and the call goes to another. */
  public void retried(Pool pool, String reason) {
    of(pool.name()).retries.increment(reason);
  }

  /** A backend of the pool failed, and the pool's budget of retries is spent. */
  public void retryDenied(Pool pool) {
    of(pool.name()).retriesDenied.increment();
  }

  /**
   * A second attempt at a first token was not allowed, or is over.
   *
   * @param outcome a short fixed word
   */
  public void hedged(Pool pool, String outcome) {
    of(pool.name()).hedges.increment(outcome);
  }

  /** What a backend did for a call that another answered, and nobody pays for. */
  public void wasted(Pool pool, String backend, long microUsd) {
    Counter.builder("penstock.hedge.cost.usd")
        .description("What the losers of second attempts at first tokens cost")
        .tags("pool", pool.name(), "backend", backend)
        .register(meters)
        .increment(microUsd / 1e6);
  }

  /** A pool could not serve, and the call goes to another. */
  public void fellBack(Pool from, Pool to, String reason) {
    of(from.name()).fellBack(to.name(), reason);
  }

  /** A call waited for its place in a pool. */
  public void queued(Tier tier, Pool pool, long nanos) {
    of(tier.name(), pool.name()).queued(nanos);
  }

  /** A call was sent to a dearer pool since its own was full, which costs so much more. */
  public void upgraded(Tier tier, Pool from, Pool to, long microUsd) {
    Counter.builder("penstock.upgrade.cost.usd")
        .description("What calls are expected to cost more where a full pool was passed over")
        .tags("tier", tier.name(), "from", from.name(), "to", to.name())
        .register(meters)
        .increment(microUsd / 1e6);
  }

  /** An answer with this usage was given again, or to one more client. */
  public void replayed(Tier tier, Pool pool, Usage usage) {
    of(tier.name(), pool.name()).replayed(usage);
  }

  /** Accepted and not yet ended. */
  public long open() {
    long done = ended.sum();
    return accepted.sum() - done;
  }

  public long accepted() {
    return accepted.sum();
  }

  /** What came of the calls so far, for each tier and pool that saw one. */
  public List<Totals> totals() {
    return tiers.values().stream()
        .flatMap(byPool -> byPool.values().stream())
        .map(TierPoolMeters::totals)
        .filter(totals -> totals.calls() > 0)
        .toList();
  }

  private TierPoolMeters of(String tier, String pool) {
    Map<String, TierPoolMeters> byPool = tiers.get(tier);
    if (byPool == null) {
      byPool = tiers.computeIfAbsent(tier, _ -> new ConcurrentHashMap<>());
    }
    TierPoolMeters known = byPool.get(pool);
    return known != null
        ? known
        : byPool.computeIfAbsent(pool, _ -> new TierPoolMeters(meters, tier, pool));
  }

  private PoolMeters of(String pool) {
    PoolMeters known = pools.get(pool);
    return known != null ? known : pools.computeIfAbsent(pool, _ -> new PoolMeters(meters, pool));
  }
}
