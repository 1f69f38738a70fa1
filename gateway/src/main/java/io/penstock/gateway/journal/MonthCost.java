package io.penstock.gateway.journal;

import static java.lang.System.Logger.Level.WARNING;

import io.penstock.config.trace.TrafficFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the calls of the calendar month, in UTC, have cost: those that the journal had when it was
 * opened, which are read on a thread of their own, and each that ended since.
 */
final class MonthCost {
  private static final System.Logger LOG = System.getLogger(MonthCost.class.getName());
  private static final double MICROS_PER_USD = 1e6;
  private static final String TIME = "\"time\":\"";
  private static final int TIME_CHARS = "2026-11-21T07:10:03.123Z".length();

  private final Path directory;
  private final long openedMillis;
  private final AtomicReference<Month> month;
  private volatile boolean known;
  private volatile boolean closed;

  /** One month's sum; in it are the calls that ended before its end. */
  private record Month(long startMillis, long endMillis, LongAdder microUsd) {
    static Month of(long millis) {
      YearMonth month = YearMonth.from(Instant.ofEpochMilli(millis).atZone(ZoneOffset.UTC));
      return new Month(start(month), start(month.plusMonths(1)), new LongAdder());
    }

    private static long start(YearMonth month) {
      return month.atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant().toEpochMilli();
    }

    boolean has(long millis) {
      return startMillis <= millis && millis < endMillis;
    }
  }

  MonthCost(Path directory, long nowMillis) {
    this.directory = directory;
    this.openedMillis = nowMillis;
    this.month = new AtomicReference<>(Month.of(nowMillis));
  }

  void start() {
    Thread.ofPlatform().daemon().name("penstock-month-cost").start(this::readPast);
  }

  void close() {
    closed = true;
  }

  /** A call has ended now. */
  void add(long microUsd, long nowMillis) {
    if (microUsd != 0) {
      current(nowMillis).microUsd.add(microUsd);
    }
  }

  /** NaN until the past has been read. */
  double usd(long nowMillis) {
    return known ? current(nowMillis).microUsd.sum() / MICROS_PER_USD : Double.NaN;
  }

  private Month current(long nowMillis) {
    Month seen = month.get();
    if (nowMillis < seen.endMillis) {
      return seen;
    }
    Month next = Month.of(nowMillis);
    return month.compareAndSet(seen, next) ? next : month.get();
  }

  void readPast() {
    Month of = month.get();
    try {
      if (Files.isDirectory(directory)) {
        for (Path segment : TrafficFiles.segments(List.of(directory))) {
          if (writtenSince(segment, of.startMillis)) {
            TrafficFiles.read(segment, (_, _, text, _) -> line(text, of));
          }
        }
      }
      known = true;
    } catch (IOException unreadable) {
      LOG.log(WARNING, "journal: this month's cost is not known: {0}", unreadable.getMessage());
    } catch (Closed _) {
      // Nobody asks any more.
    }
  }

  private static boolean writtenSince(Path segment, long millis) throws IOException {
    try {
      return Files.getLastModifiedTime(segment).toMillis() >= millis;
    } catch (NoSuchFileException _) {
      return true; // It is being packed; who reads it looks for it under both names.
    }
  }

  private void line(String text, Month of) {
    if (closed) {
      throw new Closed();
    }
    double usd = number(text, "\"cost_usd\":");
    if (usd > 0) {
      long endMillis = began(text) + (long) Math.max(0, number(text, "\"duration_ms\":"));
      if (of.has(endMillis) && endMillis <= openedMillis) {
        of.microUsd.add(Math.round(usd * MICROS_PER_USD));
      }
    }
  }

  private static long began(String text) {
    int start = text.indexOf(TIME) + TIME.length();
    try {
      return start < TIME.length() || start + TIME_CHARS > text.length()
          ? Long.MIN_VALUE
          : Instant.parse(text.substring(start, start + TIME_CHARS)).toEpochMilli();
    } catch (DateTimeException _) {
      return Long.MIN_VALUE;
    }
  }

  /** NaN where the record does not have it. */
  private static double number(String text, String name) {
    int start = text.indexOf(name) + name.length();
    if (start < name.length()) {
      return Double.NaN;
    }
    int end = start;
    while (end < text.length() && ",}".indexOf(text.charAt(end)) < 0) {
      end++;
    }
    try {
      return Double.parseDouble(text.substring(start, end));
    } catch (NumberFormatException _) {
      return Double.NaN;
    }
  }

  /** The journal was closed while its past was read. */
  private static final class Closed extends RuntimeException {
    private static final long serialVersionUID = 1;

    Closed() {
      super("the journal was closed", null, false, false);
    }
  }
}
