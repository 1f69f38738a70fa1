package io.penstock.gateway.call;

/**
 * What a request asks of a model server, as far as can be told before it is answered.
 *
 * @param promptTokens estimated from bytes
 * @param completionExpected for all its choices together
 * @param completionMax for all its choices; the bound, where the client gave one
 * @param complexity how hard it is
 * @param needsTools whether the model must call tools
 * @param needsVision whether the model must see images
 */
public record Demand(
    int promptTokens,
    int completionExpected,
    int completionMax,
    Assessment complexity,
    boolean needsTools,
    boolean needsVision) {}
