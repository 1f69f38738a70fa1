package io.penstock.gateway.report;

import io.penstock.config.trace.TrafficFiles;
import io.penstock.planner.report.Entry;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the traffic journal (docs/journal.md): what it does not know of a request is left empty. A
 * line that is no record is counted and named once; one that is torn at its file's end is what a
 * killed gateway leaves.
 */
final class Recorded {
  private static final double MILLIS = 1e-3;

  private final double since;
  private final BooleanSupplier patient;
  private final Consumer<Entry> entries;
  private int records;

  /** Reasons of requests that were answered without a call to a model server. */
  private static final Set<String> SPARED = Set.of("cache_hit", "coalesced");

  private int torn;
  private int bad;
  private @Nullable String firstBad;

  private Recorded(double since, BooleanSupplier patient, Consumer<Entry> entries) {
    this.since = since;
    this.patient = patient;
    this.entries = entries;
  }

  /**
   * What was read.
   *
   * @param records that were taken
   * @param torn lines at a file's end
   * @param bad lines that are no record
   * @param firstBad where the first of them is, and why; null where there is none
   */
  record Tally(int records, int torn, int bad, @Nullable String firstBad) {}

  /** It took longer than somebody waits. */
  static final class TooLong extends RuntimeException {
    private static final long serialVersionUID = 1;

    TooLong() {
      super("more was recorded than is read while somebody waits", null, false, false);
    }
  }

  /** Gives every record of these files and directories to {@code entries}. */
  static Tally read(List<Path> sources, Consumer<Entry> entries) throws IOException {
    return read(sources, Double.NEGATIVE_INFINITY, () -> true, entries);
  }

  /**
   * Gives the records of requests that came at {@code since} or later to {@code entries}. A file
   * that was last written before that has none of them.
   *
   * @param patient whether to read on; where not, it throws {@link TooLong}
   */
  static Tally read(
      List<Path> sources, double since, BooleanSupplier patient, Consumer<Entry> entries)
      throws IOException {
    var reading = new Recorded(since, patient, entries);
    for (Path segment : TrafficFiles.segments(sources)) {
      if (writtenSince(segment, since)) {
        TrafficFiles.read(segment, reading::line);
      }
    }
    return new Tally(reading.records, reading.torn, reading.bad, reading.firstBad);
  }

  private static boolean writtenSince(Path segment, double since) throws IOException {
    try {
      return Files.getLastModifiedTime(segment).toMillis() * MILLIS >= since;
    } catch (NoSuchFileException _) {
      return true; // It is being packed; who reads it looks for it under both names.
    }
  }

  private void line(Path file, int number, String text, boolean cut) {
    if (!patient.getAsBoolean()) {
      throw new TooLong();
    }
    try {
      var entry = entry(new JsonObject(text));
      if (entry.epochSeconds() >= since) {
        entries.accept(entry);
        records++;
      }
    } catch (DecodeException
        | DateTimeException
        | ClassCastException
        | IllegalArgumentException e) {
      if (cut) {
        torn++;
      } else {
        bad++;
        if (firstBad == null) {
          firstBad = file + ":" + number + ": is no record: " + reason(e);
        }
      }
    }
  }

  private static String reason(RuntimeException e) {
    return e instanceof DecodeException
        ? "it is no JSON object"
        : String.valueOf(e.getMessage()).lines().findFirst().orElse("");
  }

  private static Entry entry(JsonObject json) {
    String time = json.getString("time");
    if (time == null) {
      throw new IllegalArgumentException("it has no \"time\"");
    }
    var at = Instant.parse(time);
    boolean spared = SPARED.contains(json.getString("reason", ""));
    return new Entry(
        at.getEpochSecond() + at.getNano() / 1e9,
        json.getString("tenant", ""),
        json.getString("tier", ""),
        json.getString("pool", ""),
        json.getString("complexity", ""),
        json.getString("outcome", ""),
        json.getBoolean("stream", false),
        number(json, "prompt_tokens"),
        number(json, "cached_tokens"),
        number(json, "completion_tokens"),
        number(json, "ttft_ms") * MILLIS,
        number(json, "tpot_ms") * MILLIS,
        number(json, "duration_ms") * MILLIS,
        number(json, "cost_usd"),
        spared ? number(json, "estimated_prompt_tokens") : Double.NaN,
        spared ? number(json, "expected_completion_tokens") : Double.NaN);
  }

  private static double number(JsonObject json, String name) {
    Double value = json.getDouble(name);
    return value == null ? Double.NaN : value;
  }
}
