package io.penstock.gateway.relay;

import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What of one read goes on to the client: spans of it, and what is put in their place. As long as
 * that is one span, it is a slice of what was read and no byte is copied.
 */
final class Passage {
  private static final byte[] NONE = new byte[0];

  private @Nullable Buffer read;
  private byte[] source = NONE;
  private int base;
  private int from;
  private int to;
  private byte[] copied = NONE;
  private int length;

  /** Begins with a read; {@code bytes} holds it from {@code start} on. */
  void begin(Buffer buffer, byte[] bytes, int start) {
    read = buffer;
    source = bytes;
    base = start;
    from = start;
    to = start;
  }

  /** These bytes go on. */
  @SuppressWarnings("ReferenceEquality") // the array that was read, not one that equals it
  void pass(byte[] bytes, int start, int end) {
    if (bytes == source) {
      if (start != to) {
        copyHeld();
        from = start;
      }
      to = end;
    } else {
      put(bytes, start, end);
    }
  }

  /** These bytes come next, and may be changed once this call has returned. */
  void put(byte[] bytes, int start, int end) {
    copyHeld();
    append(bytes, start, end);
  }

  private void copyHeld() {
    if (to > from) {
      append(source, from, to);
    }
    from = to;
  }

  private void append(byte[] bytes, int start, int end) {
    int needed = length + end - start;
    if (needed > copied.length) {
      copied = Arrays.copyOf(copied, Math.max(needed, copied.length * 2));
    }
    System.arraycopy(bytes, start, copied, length, end - start);
    length = needed;
  }

  /** All of it; null where nothing goes on. */
  @Nullable Buffer take() {
    Buffer whole = read;
    if (length == 0 && to > from && whole != null) {
      Buffer slice = to - from == whole.length() ? whole : whole.slice(from - base, to - base);
      forget();
      return slice;
    }
    copyHeld();
    Buffer result =
        length == 0 ? null : BufferInternal.buffer(Unpooled.wrappedBuffer(copied, 0, length));
    forget();
    return result;
  }

  private void forget() {
    read = null;
    source = NONE;
    from = 0;
    to = 0;
    copied = NONE;
    length = 0;
  }
}
