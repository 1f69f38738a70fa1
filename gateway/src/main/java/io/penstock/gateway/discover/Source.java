package io.penstock.gateway.discover;

import io.penstock.config.Pool;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** One place where servers are listed. Used by one thread; a look may block. */
interface Source extends AutoCloseable {

  /** What is there now; empty where it has not changed since the last look. */
  Optional<List<Pool.Backend>> look() throws Unusable, InterruptedException;

  /** How long what the last look found is good for, at most. */
  default Duration goodFor() {
    return Duration.ofDays(1);
  }

  @Override
  default void close() {}

  /** No list can be had; the message says why, in one line. */
  final class Unusable extends Exception {
    private static final long serialVersionUID = 1;

    Unusable(String why) {
      super(why, null, false, false);
    }
  }
}
