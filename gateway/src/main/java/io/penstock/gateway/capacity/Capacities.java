package io.penstock.gateway.capacity;

import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Turn;
import io.penstock.gateway.call.Usage;
import io.penstock.gateway.redis.Redis;
import io.penstock.planner.autoscale.PoolCapacity;
import io.penstock.planner.calibrate.FirstTokens;
import io.penstock.planner.calibrate.Sighting;
import io.penstock.planner.capacity.ContinuousBatching;
import io.penstock.planner.capacity.Deployment;
import io.vertx.core.Future;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Every pool whose hardware the config names, watched: what comes, what its servers turn out to be,
 * and how many there should be. Shared by all loops, which meter their turns here; {@link #look} is
 * called every few seconds by a thread of its own.
 *
 * <p>Outlives reloads: what was learned of a pool is kept while its hardware stays the same.
 */
public final class Capacities {
  private static final double NANOS_PER_SECOND = 1e9;

  private final Optional<Fleet> fleet;
  private volatile Map<String, PoolWatch> watches = Map.of();

  /**
   * @param store what a fleet of gateways shares; absent: this gateway is all there is
   */
  public Capacities(Optional<Redis> store) {
    this.fleet = store.map(Fleet::new);
  }

  /**
   * Takes the pools of a new config; not to be called by two threads at once.
   *
   * @param replicas a pool's replica, where its hardware is known
   */
  public void reload(PenstockConfig config, Function<Pool, Optional<Deployment>> replicas) {
    Map<String, PoolWatch> next = new LinkedHashMap<>();
    for (Pool pool : config.pools().values()) {
      replicas.apply(pool).ifPresent(prior -> next.put(pool.name(), kept(pool, prior)));
    }
    watches = next;
  }

  private PoolWatch kept(Pool pool, Deployment prior) {
    PoolWatch before = watches.get(pool.name());
    if (before == null || !before.prior().equals(prior)) {
      return new PoolWatch(pool, prior);
    }
    before.reload(pool);
    return before;
  }

  // From any loop.

  /** A call is for that pool, wherever it will be sent. */
  public void arrived(Pool pool) {
    PoolWatch watch = watches.get(pool.name());
    if (watch != null) {
      watch.arrived();
    }
  }

  /** A turn that was given, metered from now on where its pool is watched. */
  public Turn metered(Turn turn, Demand demand) {
    PoolWatch watch = watches.get(turn.pool().name());
    if (watch == null) {
      return turn;
    }
    LoadMeter meter = watch.meter(turn.backend().id());
    double prompt = demand.promptTokens();
    double context = prompt + demand.completionExpected() / 2.0;
    var mark = meter.enter(System.nanoTime(), prompt, context);
    return new Metered(turn, meter, mark, prompt, context);
  }

  /**
   * What a call took that was answered.
   *
   * @param turn as {@link #metered} gave it
   * @param promptExpected tokens that a dry run would have taken its prompt for
   * @param ttftSeconds from its dispatch to its first token; NaN where it was not seen
   * @param tpotSeconds per token after the first; NaN where it was not seen
   * @param totalSeconds from its dispatch to its end; NaN where several servers took part
   */
  public void answered(
      Turn turn,
      Usage usage,
      double promptExpected,
      double ttftSeconds,
      double tpotSeconds,
      double totalSeconds) {
    PoolWatch watch = watches.get(turn.pool().name());
    if (watch == null || !(turn instanceof Metered metered)) {
      return;
    }
    long now = System.nanoTime();
    double fresh = Math.max(0, usage.promptTokens() - usage.cachedTokens());
    double own = usage.promptTokens() + usage.completionTokens() / 2.0;
    var shared = metered.meter().since(metered.mark(), now, own);
    if (ttftSeconds > 0) {
      metered.meter().firstToken(ttftSeconds);
    }
    double ahead = metered.mark().tokensAhead();
    double computed = metered.meter().computedShare();
    double aheadDoubt = metered.meter().doubt(ahead);
    double besideDoubt = metered.meter().doubt(shared.tokensBeside());
    metered.meter().computed(metered.promptTokens(), fresh);
    watch.ended(
        new Ended(
            metered.meter(),
            new Sighting(
                now / NANOS_PER_SECOND,
                shared.batch(),
                fresh,
                shared.contextTokens(),
                computed * ahead,
                computed * shared.tokensBeside(),
                aheadDoubt,
                besideDoubt,
                usage.completionTokens(),
                ttftSeconds,
                tpotSeconds,
                totalSeconds),
            usage.promptTokens(),
            usage.cachedTokens(),
            promptExpected,
            Math.max(0, turn.inFlightAtDispatch() - 1),
            totalSeconds > 0));
  }

  // From the thread that looks.

  /**
   * How a pool stands.
   *
   * @param replicas servers that are up
   * @param inFlight calls there
   */
  public record Standing(int replicas, int inFlight) {}

  /**
   * Learns from what came since the last look, and works out the targets.
   *
   * @param nowSeconds on a clock that does not go back
   * @param epochSeconds the time of day
   */
  public void look(double nowSeconds, long epochSeconds, Function<String, Standing> standing) {
    watches.forEach((name, watch) -> {
      var now = standing.apply(name);
      var others = fleet.map(known -> known.others(name)).orElse(Others.NONE);
      watch.look(nowSeconds, epochSeconds, now.replicas(), now.inFlight(), others);
    });
    fleet.ifPresent(this::tell);
  }

  private void tell(Fleet known) {
    boolean leads = known.leads();
    Map<String, Seen> seen = new LinkedHashMap<>();
    watches.forEach((name, watch) -> seen.put(name, watch.seen(leads)));
    known.tell(seen);
  }

  /** What this gateway may do about the targets. */
  public enum Role {
    /** It acts on them. */
    LEADS,
    /** It led when the store was lost, and may start replicas, not stop any. */
    LED,
    /** Another gateway acts. */
    FOLLOWS
  }

  public Role role() {
    return fleet
        .map(known -> !known.leads() ? Role.FOLLOWS : known.reached() ? Role.LEADS : Role.LED)
        .orElse(Role.LEADS);
  }

  /** Leaves the fleet, so that another may act. */
  public Future<Void> leave() {
    return fleet.map(Fleet::leave).orElseGet(Future::succeededFuture);
  }

  /** A pool's replica as traffic showed it; null while that is little, or nobody watches it. */
  public @Nullable ContinuousBatching replica(String pool) {
    PoolWatch watch = watches.get(pool);
    return watch == null ? null : watch.replica();
  }

  /**
   * How first tokens are spread around what the model says of each call; empty where nobody watches
   * the pool.
   */
  public Optional<FirstTokens> firstTokens(String pool) {
    return Optional.ofNullable(watches.get(pool)).map(PoolWatch::firstTokens);
  }

  /** What one server of a pool bears within its SLO; null where that is not known. */
  public @Nullable Bearing bears(String pool) {
    PoolWatch watch = watches.get(pool);
    return watch == null ? null : watch.bears();
  }

  /** How a pool's servers differ; null while little was seen, or nobody watches it. */
  public @Nullable Speeds speeds(String pool) {
    PoolWatch watch = watches.get(pool);
    return watch == null ? null : watch.speeds();
  }

  /** What the last look found, in the config's order. */
  public List<PoolCapacity> latest() {
    return watches.keySet().stream().map(this::latest).filter(Objects::nonNull).toList();
  }

  /** What the last look found of a pool; null before the first, and of one that is not watched. */
  public @Nullable PoolCapacity latest(String pool) {
    PoolWatch watch = watches.get(pool);
    var own = watch == null ? null : watch.latest();
    return own == null || fleet.isEmpty()
        ? own
        : fleet.get().agreed(pool).map(own::with).orElse(own);
  }
}
