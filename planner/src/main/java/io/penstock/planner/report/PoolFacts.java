package io.penstock.planner.report;

import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.cost.TokenPrice;
import io.penstock.planner.size.Bound;
import java.util.List;
import java.util.Optional;

/**
 * What the config says of a pool.
 *
 * @param replica its hardware; empty for a provider
 * @param samples answers from which the hardware's figures were learned; 0: they are the
 *     catalogue's
 * @param replicas how many there are
 * @param min replicas at least
 * @param spares replicas that may be lost
 * @param headroom the share of the load that is kept free
 * @param slo what is promised
 * @param price a provider's; empty where GPUs are paid
 */
public record PoolFacts(
    String name,
    Optional<Deployment> replica,
    long samples,
    int replicas,
    int min,
    int spares,
    double headroom,
    List<Bound> slo,
    Optional<TokenPrice> price) {
  public PoolFacts {
    slo = List.copyOf(slo);
  }
}
