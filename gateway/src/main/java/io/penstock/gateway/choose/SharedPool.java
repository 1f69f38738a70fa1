package io.penstock.gateway.choose;

import io.penstock.config.Balance;
import io.penstock.config.Pool;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One pool's backends, shared by all loops and safe without a lock.
 *
 * <p>Of those that are up the {@link Selector} takes one. A backend whose pause is over is tried
 * first, with one call. When every backend is out, those that are out are used all the same: the
 * last ones are never ejected, because an error from a model server says more than our guess that
 * there would be one.
 */
final class SharedPool {
  private final String name;
  private final List<SharedBackend> backends;
  private final Balance balance;
  private final Selector selector;
  private final LongSupplier nanos;
  private final AtomicInteger turn = new AtomicInteger();

  /**
   * @param before what the pool was until now; what was learned there is kept
   */
  SharedPool(
      Pool pool, List<SharedBackend> backends, @Nullable SharedPool before, LongSupplier nanos) {
    this.name = pool.name();
    this.backends = List.copyOf(backends);
    this.balance = pool.balance();
    this.selector =
        before != null && before.balance.equals(balance) && before.several() == several()
            ? before.selector
            : Selector.of(balance, this.backends);
    this.nanos = nanos;
    if (before != null) {
      before.backends.stream().filter(each -> !backends.contains(each)).forEach(selector::gone);
    }
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
    for (SharedBackend backend : backends) {
      if (backend.backend().equals(wanted)) {
        return backend;
      }
    }
    return null;
  }

  @Nullable OneTurn seat(Pool pool, Set<String> except, Prefix prefix) {
    OneTurn probe = probe(pool, except);
    if (probe != null) {
      return probe;
    }
    int now = turn.getAndIncrement();
    while (true) {
      List<SharedBackend> open = open(except);
      if (open.isEmpty()) {
        return null;
      }
      Selector.Choice choice = selector.choose(open, now, prefix);
      SharedBackend chosen = choice.backend();
      if (chosen.enter(choice.inFlight())) {
        selector.seated(chosen, prefix);
        return new OneTurn(pool, chosen, choice.inFlight() + 1, false, nanos);
      }
    }
  }

  private @Nullable OneTurn probe(Pool pool, Set<String> except) {
    for (SharedBackend backend : backends) {
      if (backend.health().out()
          && open(backend, except)
          && backend.startProbe(nanos.getAsLong())) {
        while (true) {
          int inFlight = backend.inFlight();
          if (backend.enter(inFlight)) {
            return new OneTurn(pool, backend, inFlight + 1, true, nanos);
          }
        }
      }
    }
    return null;
  }

  /** Where the next call would go, without going there. */
  Selector.@Nullable Choice peek(Prefix prefix) {
    List<SharedBackend> open = open(Set.of());
    return open.isEmpty() ? null : selector.choose(open, turn.get(), prefix);
  }

  /** Those that are up; where there are none, those that are out. */
  private List<SharedBackend> open(Set<String> except) {
    List<SharedBackend> up = new ArrayList<>(backends.size());
    List<SharedBackend> out = List.of();
    for (SharedBackend backend : backends) {
      if (open(backend, except)) {
        if (!backend.health().out()) {
          up.add(backend);
        } else if (out.isEmpty()) {
          out = new ArrayList<>(List.of(backend));
        } else {
          out.add(backend);
        }
      }
    }
    return up.isEmpty() ? out : up;
  }

  private static boolean open(SharedBackend backend, Set<String> except) {
    return backend.open() && !except.contains(backend.backend().id());
  }

  Backends.PoolStatus status() {
    return new Backends.PoolStatus(name, backends.stream().map(SharedBackend::status).toList());
  }
}
