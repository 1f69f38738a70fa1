package io.penstock.config.scenario;

import io.penstock.config.catalog.ApiPrice;
import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.size.Requirement;
import java.util.List;
import java.util.Optional;

/**
 * What a scenario asks of one pool.
 *
 * @param name of it
 * @param candidate whether it is only looked at beside the pools that make up the plan
 * @param share of the traffic
 * @param requirement the traffic that reaches it, and what is promised
 * @param asked the hardware that it may have; empty where it is bought by the token
 * @param others to compare with
 * @param bought the price list of a provider
 */
public record PoolWish(
    String name,
    boolean candidate,
    double share,
    Requirement requirement,
    List<Deployment> asked,
    List<Deployment> others,
    Optional<ApiPrice> bought) {}
