package io.penstock.gateway.choose;

import io.penstock.config.Breaker;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.gateway.call.Refusal;
import io.penstock.gateway.call.Seated;
import io.penstock.gateway.call.Turn;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who is up and how busy, shared by all event loops and safe without a lock. {@link #seat} gives a
 * turn at one backend of a pool (see {@link Selector}); the turn's end gives the place back and
 * says how the backend did, which is all that passive health knows (see {@link BackendBreaker}).
 *
 * <p>One object lives as long as the gateway: a reload of the config swaps the list of pools and
 * keeps the counters of every backend that remains (same pool, id and URL), so that calls in flight
 * still count and a backend that drains goes on draining.
 *
 * <p>Whoever asks a model server's {@code /health} tells {@link #checked}; a backend that is down
 * by its own word gets no call until it says otherwise.
 */
public final class Backends {
  private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

  private final LongSupplier nanos;
  private volatile Map<String, SharedPool> pools = Map.of();

  public Backends(PenstockConfig config) {
    this(config, System::nanoTime);
  }

  /**
   * @param config whose pools
   * @param nanos the clock, as {@link System#nanoTime}
   */
  public Backends(PenstockConfig config, LongSupplier nanos) {
    this.nanos = nanos;
    reload(config);
  }

  /** A backend's state. */
  public enum State {
    /** It is given calls. */
    UP("up"),
    /**
     * It failed too often of late, or says itself that it cannot. One that failed gets calls all
     * the same where nobody else could take them: up says how it does, not whether it is asked.
     */
    DOWN("down"),
    /** It is given no new calls; those in flight go on. */
    DRAINING("draining");

    private final String label;

    State(String label) {
      this.label = label;
    }

    /** The word on the admin port. */
    public String label() {
      return label;
    }
  }

  /**
   * One pool at one moment.
   *
   * @param name the pool's name
   * @param backends those that are the pool's no more and have calls yet; then in the config's
   *     order
   */
  public record PoolStatus(String name, List<BackendStatus> backends) {
    /** Whether at least one backend is up. */
    public boolean up() {
      return backends.stream().anyMatch(backend -> backend.state() == State.UP);
    }

    public int inFlight() {
      return backends.stream().mapToInt(BackendStatus::inFlight).sum();
    }
  }

  /**
   * One backend at one moment.
   *
   * @param id unique in its pool
   * @param url where it is
   * @param state up, down or draining
   * @param inFlight calls there
   * @param consecutiveFailures since the last success
   * @param breaker 0 closed, 1 half open, 2 open
   * @param restSeconds how long it wants to be left alone yet
   * @param ttftSeconds observed, averaged with a weight of a tenth for the newest; NaN: none yet
   * @param tpotSeconds the same for the time per token
   */
  public record BackendStatus(
      String id,
      URI url,
      State state,
      int inFlight,
      int consecutiveFailures,
      int breaker,
      double restSeconds,
      double ttftSeconds,
      double tpotSeconds) {}

  /** Takes the pools of a new config; not to be called by two threads at once. */
  public void reload(PenstockConfig config) {
    Map<String, SharedPool> before = pools;
    Map<String, SharedPool> next = new LinkedHashMap<>();
    for (Pool pool : config.pools().values()) {
      next.put(pool.name(), shared(pool, before.get(pool.name())));
    }
    pools = next;
  }

  private SharedPool shared(Pool pool, @Nullable SharedPool before) {
    Breaker breaker = pool.resilience().breaker().within(pool.timeouts());
    List<SharedBackend> backends = new ArrayList<>(pool.backends().size());
    long taken = before == null ? 0 : before.slotsKept(pool);
    for (Pool.Backend backend : pool.backends()) {
      SharedBackend known = before == null ? null : before.backend(backend);
      SharedBackend next =
          known != null ? known : new SharedBackend(backend, free(taken), breaker, nanos);
      next.judgedBy(breaker);
      taken |= next.bit();
      backends.add(next);
    }
    return new SharedPool(pool, backends, before, nanos);
  }

  private static int free(long taken) {
    int slot = Long.numberOfTrailingZeros(~taken);
    return slot < PrefixIndex.SLOTS ? slot : -1;
  }

  /** As {@link #seat(Pool, Set, Prefix)}, of a call of whose prompt nothing is known. */
  public Seated seat(Pool pool, Set<String> except) {
    return seat(pool, except, Prefix.NONE);
  }

  /**
   * A turn at one of a pool's backends, as its balance has it.
   *
   * @param pool whose backends
   * @param except ids of those that this call has tried already
   * @param prefix what the call's prompt begins with
   */
  public Seated seat(Pool pool, Set<String> except, Prefix prefix) {
    SharedPool shared = pools.get(pool.name());
    Turn turn = shared == null ? null : shared.seat(pool, except, prefix);
    return turn != null ? turn : refused(pool, shared);
  }

  private static Refusal refused(Pool pool, @Nullable SharedPool shared) {
    Duration after = shared == null ? RETRY_AFTER : shared.retryAfter(RETRY_AFTER);
    return new Refusal.NoBackend(pool.name(), after);
  }

  /** As {@link #seat(Pool, Set, Prefix)}, at a backend that is out, where nobody else is left. */
  public Seated lastResort(Pool pool, Set<String> except, Prefix prefix) {
    SharedPool shared = pools.get(pool.name());
    Turn turn = shared == null ? null : shared.lastResort(pool, except, prefix);
    return turn != null ? turn : refused(pool, shared);
  }

  /** Takes one attempt more than there are calls from a pool's {@link RetryBudget}. */
  public boolean mayRetry(Pool pool) {
    SharedPool shared = pools.get(pool.name());
    return shared == null || shared.retries().spend();
  }

  /** The attempt that {@link #mayRetry} allowed is not made. */
  public void didNotRetry(Pool pool) {
    SharedPool shared = pools.get(pool.name());
    if (shared != null) {
      shared.retries().giveBack();
    }
  }

  /**
   * A turn at another backend that is up, beside one at which a first token is late.
   *
   * @param except ids of those that this call has tried already
   */
  public Seated beside(Pool pool, Set<String> except) {
    SharedPool shared = pools.get(pool.name());
    Turn turn = shared == null ? null : shared.beside(pool, except);
    return turn != null ? turn : refused(pool, shared);
  }

  /** Takes one from a pool's share of second attempts. */
  public boolean mayHedge(Pool pool) {
    SharedPool shared = pools.get(pool.name());
    return shared != null && shared.hedges().spend();
  }

  /** The second attempt that {@link #mayHedge} allowed is not made. */
  public void didNotHedge(Pool pool) {
    SharedPool shared = pools.get(pool.name());
    if (shared != null) {
      shared.hedges().giveBack();
    }
  }

  /** As {@link #peek(Pool, Prefix)}, of a call of whose prompt nothing is known. */
  public Optional<Preview> peek(Pool pool) {
    return peek(pool, Prefix.NONE);
  }

  /** Where a pool's next call would go if its prompt began so; takes nothing. */
  public Optional<Preview> peek(Pool pool, Prefix prefix) {
    SharedPool shared = pools.get(pool.name());
    Selector.Choice next = shared == null ? null : shared.peek(prefix);
    return next == null ? Optional.empty() : Optional.of(next.backend().preview(next.why()));
  }

  /**
   * The backend that the next call would go to.
   *
   * @param backend the backend
   * @param inFlight calls there now, that one not included
   * @param ttftSeconds as in {@link BackendStatus}
   * @param tpotSeconds as in {@link BackendStatus}
   * @param why it, in words
   */
  public record Preview(
      Pool.Backend backend, int inFlight, double ttftSeconds, double tpotSeconds, String why) {}

  /** Tells what a call saw at the backend of its turn; a time that is not positive is left out. */
  public void observed(Turn turn, double ttftSeconds, double tpotSeconds) {
    SharedBackend backend = find(turn.pool().name(), turn.backend().id());
    if (backend != null) {
      backend.observed(ttftSeconds, tpotSeconds);
    }
  }

  /**
   * Tells how fast a pool's backends are beside one another.
   *
   * @param idleCalls what a step takes without any call, as the calls that lengthen it by as much
   * @param slowness of each by its id, the mean being 1
   */
  public void timed(String pool, double idleCalls, Map<String, Double> slowness) {
    SharedPool shared = pools.get(pool);
    if (shared != null) {
      shared.timed(idleCalls, slowness);
    }
  }

  /**
   * Tells what a backend said of itself.
   *
   * @return whether there is such a backend
   */
  public boolean checked(String pool, String backend, boolean healthy) {
    SharedBackend found = find(pool, backend);
    if (found != null) {
      found.setUnhealthy(!healthy);
    }
    return found != null;
  }

  /**
   * Gives a backend no new calls.
   *
   * @return whether there is such a backend
   */
  public boolean drain(String pool, String backend) {
    return setDraining(pool, backend, true);
  }

  /**
   * Gives a drained backend calls again.
   *
   * @return whether there is such a backend
   */
  public boolean undrain(String pool, String backend) {
    return setDraining(pool, backend, false);
  }

  private boolean setDraining(String pool, String backend, boolean draining) {
    SharedBackend found = find(pool, backend);
    if (found != null) {
      found.setDraining(draining);
    }
    return found != null;
  }

  private @Nullable SharedBackend find(String pool, String backend) {
    SharedPool shared = pools.get(pool);
    if (shared != null) {
      for (SharedBackend candidate : shared.backends()) {
        if (candidate.backend().id().equals(backend)) {
          return candidate;
        }
      }
    }
    return null;
  }

  /** Every pool and backend now, in the config's order; each figure is read on its own. */
  public List<PoolStatus> status() {
    return pools.values().stream().map(SharedPool::status).toList();
  }
}
