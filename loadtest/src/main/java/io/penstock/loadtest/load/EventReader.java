package io.penstock.loadtest.load;

import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Finds the data of server-sent events, however the bytes were cut; knows LF and CR LF, and skips
 * comments and other fields.
 */
final class EventReader {
  private final Consumer<String> data;
  private byte[] line = new byte[512];
  private int length;

  /**
   * @param data takes each event's data; its bytes as characters, which is enough to look for what
   *     is ASCII
   */
  EventReader(Consumer<String> data) {
    this.data = data;
  }

  void read(Buffer bytes) {
    for (int i = 0; i < bytes.length(); i++) {
      byte next = bytes.getByte(i);
      if (next == '\n') {
        endLine();
      } else {
        append(next);
      }
    }
  }

  private void append(byte next) {
    if (length == line.length) {
      line = Arrays.copyOf(line, length * 2);
    }
    line[length++] = next;
  }

  private void endLine() {
    int end = length > 0 && line[length - 1] == '\r' ? length - 1 : length;
    length = 0;
    if (end >= 5
        && line[0] == 'd'
        && line[1] == 'a'
        && line[2] == 't'
        && line[3] == 'a'
        && line[4] == ':') {
      int from = end > 5 && line[5] == ' ' ? 6 : 5;
      data.accept(new String(line, from, end - from, StandardCharsets.ISO_8859_1));
    }
  }
}
