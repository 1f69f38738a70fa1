package io.penstock.gateway.admin;

import io.penstock.config.Tier;
import java.util.Map;

/**
 * A tier as the admin port shows it.
 *
 * @param tier its config
 * @param keys how many API keys have it
 * @param requests calls by outcome since the start
 * @param promptTokens read since the start
 * @param completionTokens generated since the start
 * @param costUsd what they cost
 */
public record TierView(
    Tier tier,
    int keys,
    Map<String, Long> requests,
    long promptTokens,
    long completionTokens,
    double costUsd) {}
