package io.penstock.gateway.choose;

import java.util.List;

/**
 * The backend with the fewest calls in flight. All are looked at: pools are small, and looking at
 * eight counters costs less than a wrong choice. Ties go round, so that an idle pool does not warm
 * one backend alone.
 */
final class LeastLoaded implements Selector {
  @Override
  public Choice choose(List<SharedBackend> open, int turn, Prefix prefix) {
    return least(open, turn);
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
