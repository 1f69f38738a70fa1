package io.penstock.gateway.capacity;

import io.penstock.planner.calibrate.Sighting;

/**
 * A call that a model server has answered.
 *
 * @param at the server's meter
 * @param seen what it says of the server
 * @param promptTokens all of its prompt
 * @param cachedTokens the part of it that the server had cached
 * @param promptExpected what all of it was taken for before it was sent
 * @param others calls that its server had when it came
 * @param timed whether its times say something of the server, which alone served it
 */
record Ended(
    LoadMeter at,
    Sighting seen,
    double promptTokens,
    double cachedTokens,
    double promptExpected,
    int others,
    boolean timed) {}
