package io.penstock.gateway.choose;

import java.util.List;

/** Each backend after the other, however busy it is. */
final class RoundRobin implements Selector {
  @Override
  public Choice choose(List<SharedBackend> open, int turn, Prefix prefix) {
    SharedBackend next = open.get(Math.floorMod(turn, open.size()));
    return new Choice(next, next.inFlight(), open.size() == 1 ? Ground.ONLY_ONE : Ground.ITS_TURN);
  }
}
