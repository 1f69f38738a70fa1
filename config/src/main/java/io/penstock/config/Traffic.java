package io.penstock.config;

import java.nio.file.Path;
import java.time.Duration;

/**
 * The traffic journal.
 *
 * @param directory where its segments are
 * @param fsync the longest that a record may stay in memory
 * @param keep how long segments are kept
 */
public record Traffic(Path directory, Duration fsync, Duration keep) {

  public Traffic {
    new Check().notNegative("fsync", fsync).positive("keep", keep).orRefuse();
  }
}
