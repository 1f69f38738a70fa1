package io.penstock.gateway.admin;

import io.penstock.config.Pool;
import java.util.List;
import java.util.Map;

/**
 * A pool as the admin port shows it.
 *
 * @param pool its config
 * @param traffic its calls
 * @param queue its waiting room
 * @param backends in the config's order
 */
public record PoolView(
    Pool pool, TrafficView traffic, QueueView queue, List<BackendView> backends) {

  /**
   * A waiting room.
   *
   * @param places calls at once; {@link Integer#MAX_VALUE}: as many as come
   * @param taken of them
   * @param waiting for one, by tier
   * @param waitSeconds how long a call of that tier would wait if it came now
   */
  public record QueueView(
      int places, int taken, Map<String, Integer> waiting, Map<String, Double> waitSeconds) {}

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
