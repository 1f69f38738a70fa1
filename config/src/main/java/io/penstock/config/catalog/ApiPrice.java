package io.penstock.config.catalog;

import io.penstock.planner.cost.TokenPrice;

/**
 * What a provider asks for a model.
 *
 * @param model its name
 * @param provider who sells it
 * @param price per million tokens
 * @param contextTokens prompt and completion together at most
 * @param asOf the day on which it was read
 * @param source where
 */
public record ApiPrice(
    String model,
    String provider,
    TokenPrice price,
    int contextTokens,
    String asOf,
    String source) {}
