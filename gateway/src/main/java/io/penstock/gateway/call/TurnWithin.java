package io.penstock.gateway.call;

import io.penstock.config.Pool;
import io.penstock.config.Secret;
import java.time.Duration;
import java.util.Optional;

/** A turn around another one, which it is but for what it adds. Ends as the turn in it does. */
public interface TurnWithin extends Turn {
  /** The one in it. */
  Turn turn();

  @Override
  default Pool pool() {
    return turn().pool();
  }

  @Override
  default Pool.Backend backend() {
    return turn().backend();
  }

  @Override
  default int inFlightAtDispatch() {
    return turn().inFlightAtDispatch();
  }

  @Override
  default Optional<Secret> credential() {
    return turn().credential();
  }

  @Override
  default void firstToken() {
    turn().firstToken();
  }

  @Override
  default void restBackend(Duration time) {
    turn().restBackend(time);
  }

  @Override
  default void restCredential(Duration time) {
    turn().restCredential(time);
  }

  @Override
  default void end(Ended ended) {
    turn().end(ended);
  }
}
