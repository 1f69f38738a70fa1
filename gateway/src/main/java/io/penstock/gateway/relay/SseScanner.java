package io.penstock.gateway.relay;

import java.util.Arrays;

/**
 * Cuts a stream of server-sent events into its frames, wherever the reads cut it. A frame ends with
 * an empty line; lines end with LF, CR LF or CR, also mixed. A frame that lies within one read is
 * given as a span of it; one that does not is put together in a buffer, which is bounded.
 *
 * <p>A CR that ends a frame ends it at once, although an LF may follow: that LF is then given as a
 * frame of its own, and an empty line means nothing to a client.
 */
final class SseScanner {

  /** Takes frames. */
  interface Frames {
    /**
     * @param bytes where the frame is; only until this call returns
     * @param start its first byte
     * @param end one past its empty line
     */
    void frame(byte[] bytes, int start, int end);
  }

  private static final byte[] NONE = new byte[0];
  private static final int FIRST_CARRY_BYTES = 512;

  private final int maxFrameBytes;
  private final Frames frames;
  private byte[] carry = NONE;
  private int carried;
  private boolean lineEmpty = true;
  private boolean afterCr;
  private boolean overflowed;

  SseScanner(int maxFrameBytes, Frames frames) {
    this.maxFrameBytes = maxFrameBytes;
    this.frames = frames;
  }

  /**
   * @return false when a frame is over the bound; the scanner is of no more use then
   */
  boolean feed(byte[] bytes, int start, int end) {
    int frameStart = start;
    int i = start;
    while (i < end) {
      byte b = bytes[i++];
      if (b == '\n' && afterCr) {
        afterCr = false;
      } else if (b == '\n' || b == '\r') {
        afterCr = b == '\r';
        if (lineEmpty) {
          if (afterCr && i < end && bytes[i] == '\n') {
            i++;
            afterCr = false;
          }
          emit(bytes, frameStart, i);
          frameStart = i;
          afterCr = false;
        }
        lineEmpty = true;
      } else {
        afterCr = false;
        lineEmpty = false;
        while (i < end && bytes[i] != '\n' && bytes[i] != '\r') {
          i++;
        }
      }
    }
    keep(bytes, frameStart, end);
    return !overflowed;
  }

  /** Gives what is left when the stream is over: a last frame without its empty line. */
  void finish() {
    if (carried > 0) {
      int length = carried;
      carried = 0;
      frames.frame(carry, 0, length);
    }
  }

  private void emit(byte[] bytes, int start, int end) {
    if (carried == 0) {
      frames.frame(bytes, start, end);
    } else {
      keep(bytes, start, end);
      finish();
    }
  }

  private void keep(byte[] bytes, int start, int end) {
    int needed = carried + end - start;
    if (needed > maxFrameBytes || overflowed) {
      overflowed = true;
      carried = 0;
      return;
    }
    if (needed > carry.length) {
      carry = Arrays.copyOf(carry, Math.max(FIRST_CARRY_BYTES, Math.max(needed, carry.length * 2)));
    }
    System.arraycopy(bytes, start, carry, carried, end - start);
    carried = needed;
  }
}
