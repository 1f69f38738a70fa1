package io.penstock.config;

import java.nio.file.Path;
import java.time.Duration;

/**
 * The traffic journal.
 *
 * @param directory where its segments are
 * @param fsync the longest that a record may stay in memory
 * @param segmentBytes the size from which on a segment is closed
 * @param rotate the age from which on it is closed
 * @param keep how long segments are kept
 * @param limitBytes the most that all of them may take together, the oldest go first; 0: no bound
 */
public record Traffic(
    Path directory,
    Duration fsync,
    long segmentBytes,
    Duration rotate,
    Duration keep,
    long limitBytes) {
  private static final long LEAST_SEGMENT = 4 << 10;

  public Traffic {
    new Check()
        .notNegative("fsync", fsync)
        .that(segmentBytes >= LEAST_SEGMENT, "segment", "is under 4KiB: write more")
        .positive("rotate", rotate)
        .positive("keep", keep)
        .orRefuse();
  }
}
