package io.penstock.gateway.choose;

import io.penstock.config.Pool;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One pool's backends, shared by all loops and safe without a lock.
 *
 * <p>The least loaded of those that are up is taken. All are looked at: pools are small, and
 * looking at eight counters costs less than a wrong choice. Ties go round, so that an idle pool
 * does not warm one backend alone. A backend whose pause is over is tried first, with one call.
 * When every backend is out, those that are out are used all the same: the last ones are never
 * ejected, because an error from a model server says more than our guess that there would be one.
 */
final class SharedPool {
  private final String name;
  private final List<SharedBackend> backends;
  private final LongSupplier nanos;
  private final AtomicInteger turn = new AtomicInteger();

  SharedPool(String name, List<SharedBackend> backends, LongSupplier nanos) {
    this.name = name;
    this.backends = List.copyOf(backends);
    this.nanos = nanos;
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

  @Nullable OneTurn seat(Pool pool, Set<String> except) {
    OneTurn probe = probe(pool, except);
    if (probe != null) {
      return probe;
    }
    int start = turn.getAndIncrement();
    while (true) {
      SharedBackend least = least(start, except);
      if (least == null) {
        return null;
      }
      int inFlight = least.inFlight();
      if (least.enter(inFlight)) {
        return new OneTurn(pool, least, inFlight + 1, false, nanos);
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
  @Nullable SharedBackend peek() {
    return least(turn.get(), Set.of());
  }

  private @Nullable SharedBackend least(int start, Set<String> except) {
    SharedBackend up = least(start, except, false);
    return up != null ? up : least(start, except, true);
  }

  private @Nullable SharedBackend least(int start, Set<String> except, boolean out) {
    SharedBackend least = null;
    int load = Integer.MAX_VALUE;
    int size = backends.size();
    int first = size == 0 ? 0 : Math.floorMod(start, size);
    for (int i = 0; i < size; i++) {
      SharedBackend backend = backends.get((first + i) % size);
      int inFlight = backend.inFlight();
      if (inFlight < load && backend.health().out() == out && open(backend, except)) {
        least = backend;
        load = inFlight;
      }
    }
    return least;
  }

  private static boolean open(SharedBackend backend, Set<String> except) {
    return backend.open() && !except.contains(backend.backend().id());
  }

  Backends.PoolStatus status() {
    return new Backends.PoolStatus(name, backends.stream().map(SharedBackend::status).toList());
  }
}
