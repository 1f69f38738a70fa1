package io.penstock.gateway.admin;

import java.util.List;

/**
 * A pool as the admin port shows it.
 *
 * @param name as in the config
 * @param model what it serves
 * @param provider whose HTTP it speaks, in the config's word
 * @param contextTokens prompt and completion together
 * @param ttftMillis observed time to first token
 * @param tpotMillis observed time per output token
 * @param backends in the config's order
 */
public record PoolView(
    String name,
    String model,
    String provider,
    int contextTokens,
    Quantiles ttftMillis,
    Quantiles tpotMillis,
    List<BackendView> backends) {

  /**
   * What was observed since the start.
   *
   * @param count observations; the others mean nothing where it is 0
   * @param mean of all
   * @param p50 the median
   * @param p95 the 95th percentile
   */
  public record Quantiles(long count, double mean, double p50, double p95) {
    public static final Quantiles NONE = new Quantiles(0, 0, 0, 0);
  }

  /**
   * A model server.
   *
   * @param id unique in its pool
   * @param url where it listens
   * @param state {@code up}, {@code down} or {@code draining}
   * @param breaker {@code closed}, {@code open} or {@code half-open}
   * @param inFlight calls at it now
   */
  public record BackendView(String id, String url, String state, String breaker, int inFlight) {
    boolean up() {
      return state.equals("up");
    }
  }

  int inFlight() {
    return backends.stream().mapToInt(BackendView::inFlight).sum();
  }

  long backendsUp() {
    return backends.stream().filter(BackendView::up).count();
  }
}
