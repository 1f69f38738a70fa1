package io.penstock.gateway.queue;

/**
 * How fast a pool's servers take prompts in, which says how many of them are sent at once: each
 * server is given one prompt at a time, or as many short ones as together take about as long as a
 * step of what it generates anyway. What came before that is at work would wait in the server, in
 * the order of its coming; here it waits in the order of its importance.
 *
 * @param servers that are up
 * @param tokens of prompts that one of them is given at once
 * @param secondsPerToken of a prompt
 * @param stepSeconds of what it generates beside
 */
public record Pace(int servers, double tokens, double secondsPerToken, double stepSeconds) {
  /** What a server's whole attention counts as. */
  static final int WHOLE = 1000;

  /** How much of one server a prompt takes. */
  int units(Guest guest) {
    double share = guest.promptTokens() / Math.max(1, tokens);
    return (int) Math.clamp(Math.ceil(WHOLE * share), 0, WHOLE);
  }

  int allUnits() {
    return WHOLE * Math.max(1, servers);
  }

  /** How long a prompt is expected to take, with the steps before and after it. */
  double seconds(Guest guest) {
    return guest.promptTokens() * secondsPerToken + 2 * stepSeconds;
  }
}
