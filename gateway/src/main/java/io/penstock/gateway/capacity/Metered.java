package io.penstock.gateway.capacity;

import io.penstock.config.Pool;
import io.penstock.config.Secret;
import io.penstock.gateway.call.Turn;
import java.time.Duration;
import java.util.Optional;

/** A turn whose time at the backend is metered. Ends as the turn in it does. */
final class Metered implements Turn {
  private final Turn turn;
  private final LoadMeter meter;
  private final LoadMeter.Mark mark;
  private final double contextTokens;

  Metered(Turn turn, LoadMeter meter, LoadMeter.Mark mark, double contextTokens) {
    this.turn = turn;
    this.meter = meter;
    this.mark = mark;
    this.contextTokens = contextTokens;
  }

  LoadMeter meter() {
    return meter;
  }

  LoadMeter.Mark mark() {
    return mark;
  }

  double contextTokens() {
    return contextTokens;
  }

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
    meter.leave(System.nanoTime(), contextTokens);
  }
}
