package io.penstock.planner.accuracy;

/** How a benchmark drives a server. */
public sealed interface Load {
  /** One request at a time. */
  record SingleStream() implements Load {}

  /** A batch that starts together and ends together. */
  record StaticBatch(double sequences) implements Load {}

  /** So many requests in flight, always. */
  record ClosedLoop(double inFlight) implements Load {}

  /** As many as fit, without end. */
  record Maximum() implements Load {}

  /**
   * All requests at once.
   *
   * @param requests how many
   * @param atOnce how many the client keeps open; the same where it does not limit
   */
  record Burst(double requests, double atOnce) implements Load {}

  /**
   * A Poisson stream.
   *
   * @param requestsPerSecond its rate
   * @param requests how many came in all
   */
  record OpenLoop(double requestsPerSecond, double requests) implements Load {}
}
