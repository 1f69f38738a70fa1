package io.penstock.loadtest.load;

import java.time.Duration;

/**
 * When requests are sent. All but {@link Closed} are open loops: the next one does not wait for the
 * answer to the last.
 */
public sealed interface Arrivals {
  /** Independent of one another, so many a second on average. */
  record Poisson(double perSecond) implements Arrivals {
    public Poisson {
      check(perSecond);
    }
  }

  /** Evenly spaced. */
  record Constant(double perSecond) implements Arrivals {
    public Constant {
      check(perSecond);
    }
  }

  /**
   * As a trace has them, with its lengths.
   *
   * @param speed divides the times between requests
   */
  record Replay(Trace trace, double speed) implements Arrivals {
    public Replay {
      check(speed);
    }

    Duration length() {
      return trace.rows().isEmpty() ? Duration.ZERO : scaled(trace.rows().getLast().at());
    }

    Duration scaled(Duration at) {
      return Duration.ofNanos((long) (at.toNanos() / speed));
    }
  }

  /** So many clients, each of which sends its next request when it has the answer to its last. */
  record Closed(int clients) implements Arrivals {
    public Closed {
      if (clients < 1) {
        throw new IllegalArgumentException("clients must be 1 or more, not " + clients);
      }
    }
  }

  private static void check(double rate) {
    if (!(rate > 0) || Double.isInfinite(rate)) {
      throw new IllegalArgumentException("a rate must be above 0, not " + rate);
    }
  }
}
