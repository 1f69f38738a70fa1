package io.penstock.gateway.journal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The file that is written to now. What it holds are whole lines, also after a write that failed.
 */
final class Segment implements Closeable {
  private final Path path;
  private final long openedMillis;
  private final FileChannel channel;
  private long bytes;
  private boolean dirty;

  Segment(Path path, long openedMillis) throws IOException {
    this.path = path;
    this.openedMillis = openedMillis;
    this.channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
  }

  Path path() {
    return path;
  }

  long openedMillis() {
    return openedMillis;
  }

  long bytes() {
    return bytes;
  }

  /** Whether something was written that may be in memory alone. */
  boolean dirty() {
    return dirty;
  }

  /** Writes whole lines, or takes back what it wrote of them. */
  void write(ByteBuffer lines) throws IOException {
    int start = lines.position();
    try {
      while (lines.hasRemaining()) {
        channel.write(lines, bytes + lines.position() - start);
      }
      bytes += lines.position() - start;
      dirty = true;
    } catch (IOException full) {
      lines.position(start);
      takeBack(full);
      throw full;
    }
  }

  private void takeBack(IOException cause) {
    try {
      channel.truncate(bytes);
    } catch (IOException alsoNot) {
      cause.addSuppressed(alsoNot);
    }
  }

  void force() throws IOException {
    channel.force(false);
    dirty = false;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
