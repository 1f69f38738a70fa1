package io.penstock.config;

import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a class of callers is promised.
 *
 * @param name as the config's key
 * @param limits per key of this tier
 * @param tenantLimits per tenant, all its keys of this tier together
 * @param tierLimits of all callers of this tier together
 * @param budget money per window, per tenant
 * @param priority who goes first in a waiting room
 * @param route the pool for each complexity; every complexity is present
 * @param pools further pools that this tier may pin, beside those of its route
 * @param whenBusy what happens when the pool is full
 * @param reserved pool to the share of it, in [0,1], kept for this tier
 */
public record Tier(
    String name,
    Limits limits,
    Limits tenantLimits,
    Limits tierLimits,
    Optional<Rate> budget,
    Priority priority,
    Map<Complexity, String> route,
    List<String> pools,
    WhenBusy whenBusy,
    Map<String, Double> reserved) {

  public Tier {
    var check = new Check().name("name", name);
    for (Complexity complexity : Complexity.values()) {
      check.that(
          route.containsKey(complexity),
          "route." + complexity.label(),
          "is missing: write the pool for " + complexity.label() + " requests");
    }
    reserved.forEach((pool, share) -> check.within("reserved." + pool, share, 0, 1));
    check.orRefuse();
    route = Collections.unmodifiableMap(new EnumMap<>(route));
    pools = List.copyOf(pools);
    reserved = Collections.unmodifiableMap(new LinkedHashMap<>(reserved));
  }

  /** With limits for each key alone. */
  public Tier(
      String name,
      Limits limits,
      Optional<Rate> budget,
      Priority priority,
      Map<Complexity, String> route,
      List<String> pools,
      WhenBusy whenBusy,
      Map<String, Double> reserved) {
    this(
        name, limits, Limits.NONE, Limits.NONE, budget, priority, route, pools, whenBusy, reserved);
  }

  /** Who goes first; the ordinal is the order. */
  public enum Priority {
    HIGH,
    NORMAL,
    LOW
  }

  /** What happens to a request whose pool is full. */
  public enum WhenBusy {
    REJECT,
    WAIT,
    DEGRADE,
    UPGRADE
  }
}
