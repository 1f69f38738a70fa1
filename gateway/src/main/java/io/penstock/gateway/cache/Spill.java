package io.penstock.gateway.cache;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of an answer that is on disk, for clients who read more slowly than it comes. The file
 * has no name from the moment that it is open: nobody else can read it, and nothing of it is left
 * when the process dies. It is written and read on other threads than the loops'.
 */
final class Spill {
  private final Executor threads;
  private final AtomicLong disk;

  private volatile @Nullable FileChannel file;
  private boolean closed;
  private long bytes;

  /**
   * @param disk what all files together may still take
   */
  Spill(Executor threads, AtomicLong disk) {
    this.threads = threads;
    this.disk = disk;
  }

  /** Whether there is room for so much more, which is the caller's from then on. */
  boolean reserve(long more) {
    if (disk.addAndGet(-more) < 0) {
      disk.addAndGet(more);
      return false;
    }
    bytes += more;
    return true;
  }

  /** Writes what was reserved; {@code done} is told whether it is there. */
  void write(long at, List<byte[]> parts, Consumer<Boolean> done) {
    threads.execute(() -> done.accept(wrote(at, parts)));
  }

  private boolean wrote(long from, List<byte[]> parts) {
    long at = from;
    try {
      for (byte[] part : parts) {
        ByteBuffer left = ByteBuffer.wrap(part);
        while (left.hasRemaining()) {
          at += opened().write(left, at);
        }
      }
      return true;
    } catch (IOException | RuntimeException full) {
      return false;
    }
  }

  private synchronized FileChannel opened() throws IOException {
    FileChannel known = file;
    if (closed) {
      throw new ClosedChannelException();
    }
    if (known == null) {
      Path path = Files.createTempFile("penstock-", ".answer");
      known =
          FileChannel.open(
              path,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE,
              StandardOpenOption.DELETE_ON_CLOSE);
      file = known;
    }
    return known;
  }

  /**
   * Reads as much as is there, at most {@code length}; {@code done} is told null when it cannot.
   */
  void read(long at, int length, Consumer<byte @Nullable []> done) {
    threads.execute(() -> done.accept(read(at, length)));
  }

  private byte @Nullable [] read(long from, int length) {
    ByteBuffer into = ByteBuffer.allocate(length);
    try {
      FileChannel known = file;
      while (known != null && into.hasRemaining()) {
        if (known.read(into, from + into.position()) < 0) {
          return null;
        }
      }
      return known == null ? null : into.array();
    } catch (IOException gone) {
      return null;
    }
  }

  /** What is there is of no use any more. */
  void forget() {
    if (bytes > 0) {
      disk.addAndGet(bytes);
      bytes = 0;
    }
  }

  /** The end of it; where a thread still writes or reads, that fails. */
  void close() {
    forget();
    threads.execute(this::closeFile);
  }

  private synchronized void closeFile() {
    FileChannel known = file;
    file = null;
    closed = true;
    if (known != null) {
      try {
        known.close();
      } catch (IOException broken) {
        throw new UncheckedIOException(broken);
      }
    }
  }
}
