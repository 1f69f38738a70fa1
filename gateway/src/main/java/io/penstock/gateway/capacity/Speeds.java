package io.penstock.gateway.capacity;

import java.util.Map;

/**
 * How a pool's servers differ, for whoever chooses among them.
 *
 * @param idleCalls what a server without calls takes for a step, as the number of calls that
 *     lengthen it by as much again
 * @param slowness of each server by its id, the pool's mean being 1
 */
public record Speeds(double idleCalls, Map<String, Double> slowness) {
  public Speeds {
    slowness = Map.copyOf(slowness);
  }
}
