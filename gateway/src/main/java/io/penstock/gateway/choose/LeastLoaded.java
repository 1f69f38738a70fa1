package io.penstock.gateway.choose;

import java.util.ArrayList;
import java.util.List;

/**
 * The backend with the fewest calls in flight, or where it is known how fast each is, the one that
 * would give one more call its tokens soonest ({@link Speed}). All are looked at: pools are small,
 * and looking at eight counters costs less than a wrong choice. Ties go round, so that an idle pool
 * does not warm one backend alone.
 *
 * <p>In a paced pool a backend that has a prompt at work is passed over for one that has none,
 * since the next prompt would wait for it; as long as that one is not much fuller than the others.
 */
final class LeastLoaded implements Selector {
  private static final double MUCH_FULLER = 1.25;

  private final boolean paced;

  LeastLoaded(boolean paced) {
    this.paced = paced;
  }

  @Override
  public Choice choose(List<SharedBackend> open, int turn, Prefix prefix) {
    List<SharedBackend> quiet = quiet(open);
    Choice least = least(quiet, turn);
    return quiet.size() == open.size()
        ? least
        : new Choice(least.backend(), least.inFlight(), Ground.QUIET);
  }

  /** Those without a prompt at work, where the pool is paced and there are any. */
  List<SharedBackend> quiet(List<SharedBackend> open) {
    if (!paced || open.size() == 1) {
      return open;
    }
    long calls = 0;
    for (SharedBackend backend : open) {
      calls += backend.inFlight();
    }
    double most = MUCH_FULLER * calls / open.size() + 1;
    var quiet = new ArrayList<SharedBackend>(open.size());
    for (SharedBackend backend : open) {
      if (backend.unbegun() == 0 && backend.inFlight() <= most) {
        quiet.add(backend);
      }
    }
    return quiet.isEmpty() ? open : quiet;
  }

  static Choice least(List<SharedBackend> open, int turn) {
    int size = open.size();
    int first = Math.floorMod(turn, size);
    SharedBackend least = open.get(first);
    int load = least.inFlight();
    double burden = least.burden();
    for (int i = 1; i < size; i++) {
      SharedBackend backend = open.get((first + i) % size);
      int inFlight = backend.inFlight();
      double other = backend.burden();
      if (other < burden) {
        least = backend;
        load = inFlight;
        burden = other;
      }
    }
    return new Choice(least, load, ground(least, size));
  }

  private static Ground ground(SharedBackend least, int size) {
    return size == 1 ? Ground.ONLY_ONE : least.timed() ? Ground.SOONEST : Ground.LEAST_LOADED;
  }
}
