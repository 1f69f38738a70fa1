package io.penstock.gateway.queue;

import io.penstock.config.Pool;
import io.penstock.config.Secret;
import io.penstock.gateway.call.Turn;
import java.time.Duration;
import java.util.Optional;

/** A turn that has a place in its pool, and gives it back when it ends. */
public record Placed(Turn turn, Place place) implements Turn {
  @Override
  public Pool pool() {
    return turn.pool();
  }

  @Override
  public Pool.Backend backend() {
    return turn.backend();
  }

  @Override
  public int inFlightAtDispatch() {
    return turn.inFlightAtDispatch();
  }

  @Override
  public Optional<Secret> credential() {
    return turn.credential();
  }

  @Override
  public void firstToken() {
    turn.firstToken();
    place.firstToken();
  }

  @Override
  public void restBackend(Duration time) {
    turn.restBackend(time);
  }

  @Override
  public void restCredential(Duration time) {
    turn.restCredential(time);
  }

  @Override
  public void end(Ended ended) {
    turn.end(ended);
    if (ended == Ended.ANSWERED) {
      place.leave();
    } else {
      place.abandon();
    }
  }
}
