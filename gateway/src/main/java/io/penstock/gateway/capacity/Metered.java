package io.penstock.gateway.capacity;

import io.penstock.gateway.call.Turn;
import io.penstock.gateway.call.TurnWithin;

/**
 * A turn whose time at the backend is metered.
 *
 * @param promptTokens as estimated
 */
record Metered(
    Turn turn, LoadMeter meter, LoadMeter.Mark mark, double promptTokens, double contextTokens)
    implements TurnWithin {
  @Override
  public void end(Ended ended) {
    try {
      turn.end(ended);
    } finally {
      meter.leave(System.nanoTime(), contextTokens);
    }
  }
}
