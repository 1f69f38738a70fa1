package io.penstock.gateway.admin;

import io.penstock.config.Tier;

/**
 * A tier as the admin port shows it.
 *
 * @param tier its config
 * @param keys how many API keys have it
 * @param traffic its calls
 */
public record TierView(Tier tier, int keys, TrafficView traffic) {}
