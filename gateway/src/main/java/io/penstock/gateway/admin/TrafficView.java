package io.penstock.gateway.admin;

/**
 * What came of the calls of a pool or a tier since the start.
 *
 * @param answered calls with a whole answer
 * @param refused calls that Penstock said no to
 * @param failed calls that no model server could answer
 * @param cancelled calls whose client left
 * @param promptTokens used
 * @param completionTokens used
 * @param costUsd what they cost
 */
public record TrafficView(
    long answered,
    long refused,
    long failed,
    long cancelled,
    long promptTokens,
    long completionTokens,
    double costUsd) {
  public static final TrafficView NONE = new TrafficView(0, 0, 0, 0, 0, 0, 0);
}
