package io.penstock.gateway.journal;

import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import io.penstock.config.Traffic;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPOutputStream;

/**
 * The files of a journal's directory: {@code traffic-20261121T071003.123Z.jsonl} is being written,
 * or was when its gateway died; {@code ….jsonl.gz} is closed. In the order of their names they are
 * in the order of time.
 */
final class Segments {
  private static final System.Logger LOG = System.getLogger(Segments.class.getName());
  private static final String PREFIX = "traffic-";
  private static final String OPEN = ".jsonl";
  private static final String CLOSED = ".jsonl.gz";
  private static final String UNFINISHED = ".gz.tmp";
  private static final int CHUNK_BYTES = 64 << 10;
  private static final DateTimeFormatter NAME =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final Traffic config;
  private final Path directory;

  Segments(Traffic config) {
    this.config = config;
    this.directory = config.directory();
  }

  /** A new file. */
  Segment open(long nowMillis) throws IOException {
    long millis = nowMillis;
    Path path = directory.resolve(name(millis));
    while (Files.isRegularFile(path) || Files.exists(closed(path))) {
      millis++;
      path = directory.resolve(name(millis));
    }
    return new Segment(path, nowMillis);
  }

  static String name(long millis) {
    return PREFIX + NAME.format(Instant.ofEpochMilli(millis)) + OPEN;
  }

  private static Path closed(Path open) {
    return open.resolveSibling(open.getFileName() + ".gz");
  }

  /** Repairs and closes what a gateway left that did not end well. */
  void recover() throws IOException {
    for (Path file : files(UNFINISHED)) {
      Files.delete(file);
    }
    for (Path file : files(OPEN)) {
      if (Files.exists(closed(file))) {
        Files.delete(file);
      } else {
        repair(file);
        compress(file);
      }
    }
  }

  /** A torn last line goes: it was never promised to be there. */
  private static void repair(Path file) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      long size = channel.size();
      long end = afterLastLine(channel, size);
      if (end < size) {
        channel.truncate(end);
        channel.force(true);
        LOG.log(INFO, "journal: {0}: a torn line of {1} bytes was cut off", file, size - end);
      }
    }
  }

  private static long afterLastLine(FileChannel channel, long size) throws IOException {
    var chunk = ByteBuffer.allocate(CHUNK_BYTES);
    for (long end = size; end > 0; ) {
      long start = Math.max(0, end - CHUNK_BYTES);
      chunk.clear().limit((int) (end - start));
      while (chunk.hasRemaining()) {
        if (channel.read(chunk, start + chunk.position()) < 0) {
          throw new IOException("it became shorter meanwhile");
        }
      }
      for (int i = chunk.limit() - 1; i >= 0; i--) {
        if (chunk.get(i) == '\n') {
          return start + i + 1;
        }
      }
      end = start;
    }
    return 0;
  }

  /** Compresses a closed segment; an empty one goes. The original stays where that fails. */
  void compress(Path file) throws IOException {
    if (Files.size(file) == 0) {
      Files.delete(file);
      return;
    }
    Path beside = file.resolveSibling(file.getFileName() + UNFINISHED);
    try {
      FileTime written = Files.getLastModifiedTime(file);
      try (var channel =
              FileChannel.open(
                  beside,
                  StandardOpenOption.CREATE,
                  StandardOpenOption.TRUNCATE_EXISTING,
                  StandardOpenOption.WRITE);
          var in = Files.newInputStream(file);
          var gzip =
              new GZIPOutputStream(java.nio.channels.Channels.newOutputStream(channel), 1 << 16)) {
        in.transferTo(gzip);
        gzip.finish();
        channel.force(true);
      }
      Files.setLastModifiedTime(beside, written);
      Files.move(beside, closed(file), StandardCopyOption.ATOMIC_MOVE);
      Files.delete(file);
    } finally {
      Files.deleteIfExists(beside);
    }
  }

  /** Lets go of what is too old, and of the oldest where all are too large; not of the open one. */
  void retain(long nowMillis) throws IOException {
    long oldest = nowMillis - config.keep().toMillis();
    var kept = new ArrayList<Sized>();
    long total = 0;
    for (Path file : files(CLOSED)) {
      Sized sized = sized(file);
      if (sized.millis < oldest) {
        delete(file, "is older than keep says");
      } else {
        kept.add(sized);
        total += sized.bytes;
      }
    }
    for (Sized first : kept) {
      if (config.limitBytes() == 0 || total <= config.limitBytes()) {
        return;
      }
      delete(first.file, "is beyond the limit");
      total -= first.bytes;
    }
  }

  private static Sized sized(Path file) throws IOException {
    try {
      return new Sized(file, Files.size(file), Files.getLastModifiedTime(file).toMillis());
    } catch (NoSuchFileException _) {
      return new Sized(file, 0, Long.MAX_VALUE);
    }
  }

  private static void delete(Path file, String why) throws IOException {
    LOG.log(INFO, "journal: {0} {1}: deleted", file, why);
    Files.deleteIfExists(file);
  }

  private List<Path> files(String suffix) throws IOException {
    try (var all = Files.list(directory)) {
      return all.filter(
              file -> {
                String name = file.getFileName().toString();
                return name.startsWith(PREFIX) && name.endsWith(suffix);
              })
          .sorted()
          .toList();
    }
  }

  /** Compresses and tidies, and says what it could not do. */
  void close(Path segment, long nowMillis) {
    try {
      compress(segment);
      retain(nowMillis);
    } catch (IOException failed) {
      LOG.log(
          WARNING,
          "journal: {0} stays as it is until the next start: {1}",
          segment,
          String.valueOf(failed.getMessage()));
    }
  }

  private record Sized(Path file, long bytes, long millis) {}
}
