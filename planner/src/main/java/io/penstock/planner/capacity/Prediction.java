package io.penstock.planner.capacity;

/**
 * What a replica does under a load.
 *
 * @param inFlight requests in the engine, on average, those that wait for a place among them
 * @param decoding sequences that decode at once, on average
 * @param requestsPerSecond that it finishes
 * @param ttft time to the first token
 * @param tpot time per token after the first
 * @param total from the request's arrival to its last token
 * @param stepSeconds one decode step of that many sequences
 * @param utilisation the offered load over what the replica can finish at most; at 1 a queue grows
 * @param saturated whether the queue grows without bound (open loop) or requests wait for memory or
 *     for a place in the batch (closed loop)
 */
public record Prediction(
    double inFlight,
    double decoding,
    double requestsPerSecond,
    Latency ttft,
    Latency tpot,
    Latency total,
    double stepSeconds,
    double utilisation,
    boolean saturated) {}
