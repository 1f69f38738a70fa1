package io.penstock.gateway.queue;

import io.penstock.gateway.call.Turn;
import io.penstock.gateway.call.TurnWithin;

/** A turn that has a place in its pool, and gives it back when it ends. */
public record Placed(Turn turn, Place place) implements TurnWithin {
  @Override
  public void firstToken() {
    turn.firstToken();
    place.firstToken();
  }

  @Override
  public void end(Ended ended) {
    try {
      turn.end(ended);
    } finally {
      if (ended == Ended.ANSWERED) {
        place.leave();
      } else {
        place.abandon();
      }
    }
  }
}
