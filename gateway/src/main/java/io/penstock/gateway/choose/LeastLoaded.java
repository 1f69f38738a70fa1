package io.penstock.gateway.choose;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The backend with the fewest calls in flight. All are looked at: pools are small, and looking at
 * eight counters costs less than a wrong choice. Ties go round, so that an idle pool does not warm
 * one backend alone.
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
    Choice quiet = paced && open.size() > 1 ? quiet(open, turn) : null;
    return quiet == null ? least(open, turn) : quiet;
  }

  private static @Nullable Choice quiet(List<SharedBackend> open, int turn) {
    int size = open.size();
    long calls = 0;
    for (SharedBackend backend : open) {
      calls += backend.inFlight();
    }
    double most = MUCH_FULLER * calls / size + 1;
    int first = Math.floorMod(turn, size);
    SharedBackend least = null;
    int load = 0;
    for (int i = 0; i < size; i++) {
      SharedBackend backend = open.get((first + i) % size);
      int inFlight = backend.inFlight();
      if (backend.unbegun() == 0 && inFlight <= most && (least == null || inFlight < load)) {
        least = backend;
        load = inFlight;
      }
    }
    return least == null ? null : new Choice(least, load, Ground.QUIET);
  }

  static Choice least(List<SharedBackend> open, int turn) {
    int size = open.size();
    int first = Math.floorMod(turn, size);
    SharedBackend least = open.get(first);
    int load = least.inFlight();
    for (int i = 1; i < size; i++) {
      SharedBackend backend = open.get((first + i) % size);
      int inFlight = backend.inFlight();
      if (inFlight < load) {
        least = backend;
        load = inFlight;
      }
    }
    return new Choice(least, load, size == 1 ? Ground.ONLY_ONE : Ground.LEAST_LOADED);
  }
}
