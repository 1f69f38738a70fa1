package io.penstock.gateway.authenticate;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;

import io.penstock.config.ApiKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads a keys file again when it has changed. It asks the file system twice a second: that also
 * sees what no notification tells of, a network file system and a mounted volume whose link was
 * turned. A file that cannot be used is said once, until it is another or can be used again; its
 * keys from before stay.
 */
final class FileWatch implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(FileWatch.class.getName());
  private static final long INTERVAL_MILLIS = 500;

  private final KeysFile file;
  private final KeyTable table;
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile boolean usable;
  private @Nullable Stamp seen;
  private String complaint = "";

  FileWatch(KeysFile file, KeyTable table) {
    this.file = file;
    this.table = table;
  }

  /** Reads it once, and from then on in the background. */
  void start() {
    look();
    Thread.ofVirtual().name("penstock-keys-file").start(this::watch);
  }

  KeysFile file() {
    return file;
  }

  /** Whether the file as it is now could be read. */
  boolean usable() {
    return usable;
  }

  private void watch() {
    try {
      while (!closed.await(INTERVAL_MILLIS, TimeUnit.MILLISECONDS)) {
        look();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void look() {
    Stamp now = stamp();
    if (!Objects.equals(now, seen) || now == null) {
      seen = now;
      read();
    }
  }

  private void read() {
    try {
      List<ApiKey> keys = file.list();
      table.replaceAll(keys);
      usable = true;
      complaint = "";
      LOG.log(INFO, "{0}: {1} keys", file.path(), Integer.toString(keys.size()));
    } catch (KeyStore.Unavailable unusable) {
      usable = false;
      String why = String.valueOf(unusable.getMessage());
      if (!why.equals(complaint)) {
        complaint = why;
        LOG.log(
            ERROR,
            "keys-file: {0}; the {1} keys from before stay",
            why,
            Integer.toString(table.size()));
      }
    }
  }

  /** What changes when a file does; null where there is none. */
  private @Nullable Stamp stamp() {
    try {
      var of = Files.readAttributes(file.path(), BasicFileAttributes.class);
      return new Stamp(
          of.lastModifiedTime().to(TimeUnit.NANOSECONDS), of.size(), String.valueOf(of.fileKey()));
    } catch (IOException _) {
      return null;
    }
  }

  @Override
  public void close() {
    closed.countDown();
  }

  private record Stamp(long modifiedNanos, long bytes, String file) {}
}
