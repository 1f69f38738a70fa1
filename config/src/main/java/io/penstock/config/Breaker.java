package io.penstock.config;

import java.time.Duration;

/**
 * When a backend is given no more calls, and for how long. The last calls to each backend are
 * looked at; of them a share may fail, and another may be slow with their first token.
 *
 * @param errors the share of failed calls from which on the backend is out
 * @param slow the share of streams with a slow first token from which on it is out
 * @param slowFirstToken what a slow first token is; zero: half of the pool's time-out for it
 * @param window how many calls are looked at
 * @param minimum how many of them there must be before anything is concluded
 * @param pause how long it is out at first; each probe that fails doubles it
 * @param longestPause how long it is out at most
 */
public record Breaker(
    double errors,
    double slow,
    Duration slowFirstToken,
    int window,
    int minimum,
    Duration pause,
    Duration longestPause) {
  public static final Breaker DEFAULT =
      new Breaker(0.5, 0.8, Duration.ZERO, 10, 5, Duration.ofSeconds(1), Duration.ofMinutes(1));

  private static final int MOST = 10_000;

  public Breaker {
    new Check()
        .notNegative("slow-first-token", slowFirstToken)
        .within("window", window, 1, MOST)
        .within("minimum", minimum, 1, window)
        .positive("pause", pause)
        .that(
            longestPause.compareTo(pause) >= 0,
            "longest-pause",
            Notation.plain(longestPause) + " is shorter than pause: write as much or more")
        .orRefuse();
  }

  /** The same where what is slow is known. */
  public Breaker within(Timeouts timeouts) {
    return slowFirstToken.isZero()
        ? new Breaker(
            errors, slow, timeouts.firstToken().dividedBy(2), window, minimum, pause, longestPause)
        : this;
  }
}
