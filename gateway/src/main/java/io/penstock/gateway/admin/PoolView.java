package io.penstock.gateway.admin;

import io.penstock.config.Pool;
import java.util.List;

/**
 * A pool as the admin port shows it.
 *
 * @param pool its config
 * @param traffic its calls
 * @param backends in the config's order
 */
public record PoolView(Pool pool, TrafficView traffic, List<BackendView> backends) {

  /**
   * A model server.
   *
   * @param id unique in its pool
   * @param url where it listens
   * @param state {@code up}, {@code down} or {@code draining}
   * @param inFlight calls at it now
   * @param consecutiveFailures since it last did well
   * @param breaker {@code closed}, {@code half open} or {@code open}
   * @param restSeconds how long it wants to be left alone yet
   * @param ttftSeconds observed time to first token, a moving average; NaN: none yet
   * @param tpotSeconds the same for the time per output token
   */
  public record BackendView(
      String id,
      String url,
      String state,
      int inFlight,
      int consecutiveFailures,
      String breaker,
      double restSeconds,
      double ttftSeconds,
      double tpotSeconds) {}

  int inFlight() {
    return backends.stream().mapToInt(BackendView::inFlight).sum();
  }

  boolean up() {
    return backends.stream().anyMatch(backend -> backend.state().equals("up"));
  }
}
