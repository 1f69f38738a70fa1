package io.penstock.gateway.choose;

import io.penstock.config.Balance;
import io.penstock.config.Pool;
import io.penstock.config.Retries;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One pool's backends, shared by all loops and safe without a lock.
 *
 * <p>Of those that are up the {@link Selector} takes one. A backend whose pause is over is tried
 * first, with one call. The last backend that is in is not put out, because an error from a model
 * server says more than our guess that there would be one; where the pool falls back to others it
 * may be, and those that are out are then the {@link #lastResort}.
 *
 * <p>A backend that is the pool's no more is kept as long as calls are in flight there: they count,
 * its slot is not given to another, and if it comes back it is the same backend as before.
 */
final class SharedPool {
  /**
   * What a prompt at work counts for where none is held back: it lengthens the steps of all that
   * are there, and the next would wait for it.
   */
  private static final double PROMPT_CALLS = 6;

  private final String name;
  private final List<SharedBackend> backends;
  private volatile List<SharedBackend> leaving;
  private final Balance balance;
  private final boolean paced;
  private final Selector selector;
  private final LongSupplier nanos;
  private final boolean fallsBack;
  private final KeyRing keys;
  private final RetryBudget retries;
  private final RetryBudget hedges;
  private final AtomicInteger turn = new AtomicInteger();
  private volatile Speed mean = Speed.UNKNOWN;

  /**
   * @param before what the pool was until now; what was learned there is kept
   */
  SharedPool(
      Pool pool, List<SharedBackend> backends, @Nullable SharedPool before, LongSupplier nanos) {
    this.name = pool.name();
    this.backends = List.copyOf(backends);
    this.balance = pool.balance();
    this.paced = pool.paced();
    this.selector =
        before != null
                && before.balance.equals(balance)
                && before.paced == paced
                && before.several() == several()
            ? before.selector
            : Selector.of(balance, paced, this.backends);
    this.nanos = nanos;
    this.fallsBack = !pool.fallback().isEmpty();
    this.keys =
        before != null && before.keys.secrets().equals(pool.keys())
            ? before.keys
            : new KeyRing(pool.keys());
    Retries budget = pool.resilience().retries();
    this.retries =
        before != null && before.retries.config().equals(budget)
            ? before.retries
            : new RetryBudget(budget, nanos);
    Retries share = new Retries(pool.resilience().hedge().share(), 0);
    this.hedges =
        before != null && before.hedges.config().equals(share)
            ? before.hedges
            : new RetryBudget(share, nanos);
    this.leaving = before == null ? List.of() : before.without(backends);
    if (before != null) {
      before.backends.stream().filter(each -> !backends.contains(each)).forEach(selector::gone);
      mean = before.mean;
      backends.stream().filter(each -> !each.timed()).forEach(each -> each.is(mean));
    }
  }

  /** Those that are not among these and have calls yet. */
  private List<SharedBackend> without(List<SharedBackend> staying) {
    return Stream.concat(leaving.stream(), backends.stream())
        .filter(each -> !staying.contains(each) && each.inFlight() > 0)
        .toList();
  }

  /** The slots of those that stay with a new config, and of those that leave and have calls yet. */
  long slotsKept(Pool next) {
    return Stream.concat(leaving.stream(), backends.stream())
        .filter(each -> each.inFlight() > 0 || next.backends().contains(each.backend()))
        .mapToLong(SharedBackend::bit)
        .reduce(0, (all, each) -> all | each);
  }

  private boolean several() {
    return backends.size() > 1;
  }

  String name() {
    return name;
  }

  List<SharedBackend> backends() {
    return backends;
  }

  @Nullable SharedBackend backend(Pool.Backend wanted) {
    return Stream.concat(backends.stream(), leaving.stream())
        .filter(each -> each.backend().equals(wanted))
        .findFirst()
        .orElse(null);
  }

  /** A place at a backend that is up; where no other pool may help, at one that is out. */
  @Nullable OneTurn seat(Pool pool, Set<String> except, Prefix prefix) {
    if (except.isEmpty()) {
      retries.called();
      hedges.called();
    }
    return seat(pool, except, prefix, fallsBack ? this::up : this::open);
  }

  /** A place at a backend that is out, since nobody else can take the call. */
  @Nullable OneTurn lastResort(Pool pool, Set<String> except, Prefix prefix) {
    return seat(pool, except, prefix, this::open);
  }

  private @Nullable OneTurn seat(
      Pool pool,
      Set<String> except,
      Prefix prefix,
      Function<Set<String>, List<SharedBackend>> eligible) {
    KeyRing.Key key = null;
    if (!keys.isEmpty()) {
      key = keys.take(nanos.getAsLong());
      if (key == null) {
        return null;
      }
    }
    OneTurn taken = probe(pool, except, key);
    if (taken == null) {
      taken = place(pool, key, prefix, () -> eligible.apply(except));
    }
    if (taken == null && key != null) {
      key.leave();
    }
    return taken;
  }

  private @Nullable OneTurn place(
      Pool pool, KeyRing.@Nullable Key key, Prefix prefix, Supplier<List<SharedBackend>> eligible) {
    int now = turn.getAndIncrement();
    while (true) {
      List<SharedBackend> open = eligible.get();
      if (open.isEmpty()) {
        return null;
      }
      Selector.Choice choice = selector.choose(open, now, prefix);
      SharedBackend chosen = choice.backend();
      if (chosen.enter(choice.inFlight())) {
        selector.seated(chosen, prefix);
        return new OneTurn(pool, this, chosen, key, choice.inFlight() + 1, false, nanos);
      }
    }
  }

  private @Nullable OneTurn probe(Pool pool, Set<String> except, KeyRing.@Nullable Key key) {
    for (SharedBackend backend : backends) {
      if (!backend.breaker().closed() && open(backend, except) && backend.breaker().startProbe()) {
        while (true) {
          int inFlight = backend.inFlight();
          if (backend.enter(inFlight)) {
            return new OneTurn(pool, this, backend, key, inFlight + 1, true, nanos);
          }
        }
      }
    }
    return null;
  }

  /** A backend's turn has ended; if that put the last one out, it is in again. */
  void keepOne(SharedBackend last) {
    if (!fallsBack && !last.breaker().closed() && up(Set.of()).isEmpty()) {
      last.breaker().close();
    }
  }

  RetryBudget retries() {
    return retries;
  }

  /** Second attempts at first tokens, as a share of the calls. */
  RetryBudget hedges() {
    return hedges;
  }

  /** A place at a backend that is up, and where nothing is to be found out. */
  @Nullable OneTurn beside(Pool pool, Set<String> except) {
    KeyRing.Key key = null;
    if (!keys.isEmpty()) {
      key = keys.take(nanos.getAsLong());
      if (key == null) {
        return null;
      }
    }
    OneTurn taken = place(pool, key, Prefix.NONE, () -> up(except));
    if (taken == null && key != null) {
      key.leave();
    }
    return taken;
  }

  /**
   * How fast its backends are beside one another; one of which nothing is said is like the mean.
   */
  void timed(double idleCalls, Map<String, Double> slowness) {
    mean = new Speed(1, idleCalls, paced ? 0 : PROMPT_CALLS);
    for (SharedBackend backend : backends) {
      backend.is(mean.slower(slowness.getOrDefault(backend.backend().id(), 1.0)));
    }
  }

  /** When it is worth asking again. */
  Duration retryAfter(Duration otherwise) {
    long now = nanos.getAsLong();
    long resting =
        backends.stream().mapToLong(backend -> backend.rest().leftNanos(now)).min().orElse(0);
    long left = Math.max(resting, keys.leftNanos(now));
    return left > 0 ? Duration.ofNanos(left) : otherwise;
  }

  /** Where the next call would go, without going there. */
  Selector.@Nullable Choice peek(Prefix prefix) {
    List<SharedBackend> open = open(Set.of());
    return open.isEmpty() ? null : selector.choose(open, turn.get(), prefix);
  }

  /** Those that are up; where there are none, those that are out. */
  private List<SharedBackend> open(Set<String> except) {
    List<SharedBackend> up = up(except);
    return up.isEmpty() ? backends.stream().filter(backend -> open(backend, except)).toList() : up;
  }

  private List<SharedBackend> up(Set<String> except) {
    List<SharedBackend> up = new ArrayList<>(backends.size());
    for (SharedBackend backend : backends) {
      if (open(backend, except) && backend.breaker().closed()) {
        up.add(backend);
      }
    }
    return up;
  }

  private static boolean open(SharedBackend backend, Set<String> except) {
    return backend.open() && !except.contains(backend.backend().id());
  }

  Backends.PoolStatus status() {
    if (leaving.stream().anyMatch(each -> each.inFlight() == 0)) {
      leaving = leaving.stream().filter(each -> each.inFlight() > 0).toList();
    }
    return new Backends.PoolStatus(
        name,
        Stream.concat(
                leaving.stream().map(each -> each.status(true)),
                backends.stream().map(each -> each.status(false)))
            .toList());
  }
}
