package io.penstock.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.util.ArrayList;
import java.util.List;

/**
 * An edited body: spans of the client's bytes and new pieces by turns. It can be sent again and
 * again, for it is never consumed.
 */
public final class Edited {
  /** Up to here one copy is cheaper than a buffer of buffers. */
  private static final int COPY_BYTES = 32 << 10;

  private final byte[] original;
  private final int originalLength;
  private final List<Piece> pieces = new ArrayList<>(8);
  private int kept;
  private int length;

  Edited(byte[] original, int originalLength) {
    this.original = original;
    this.originalLength = originalLength;
  }

  void keepUntil(int stop) {
    if (stop > kept) {
      add(new Piece(original, kept, stop - kept));
    }
    kept = stop;
  }

  void replace(int start, int stop, byte... replacement) {
    keepUntil(start);
    add(replacement);
    kept = stop;
  }

  void add(byte... piece) {
    if (piece.length > 0) {
      add(new Piece(piece, 0, piece.length));
    }
  }

  private void add(Piece piece) {
    pieces.add(piece);
    length += piece.length;
  }

  Edited finish() {
    keepUntil(originalLength);
    return this;
  }

  /** How many bytes it has. */
  public int length() {
    return length;
  }

  /** A buffer of its own or, when it is long, one that shares the client's bytes. */
  public Buffer toBuffer() {
    if (length <= COPY_BYTES) {
      return Buffer.buffer(toBytes());
    }
    var parts = new ByteBuf[pieces.size()];
    for (int i = 0; i < parts.length; i++) {
      var piece = pieces.get(i);
      parts[i] = Unpooled.wrappedBuffer(piece.bytes, piece.start, piece.length);
    }
    return BufferInternal.buffer(Unpooled.wrappedBuffer(parts.length, parts));
  }

  /** Appends all of it. */
  public void writeTo(ByteBuf buffer) {
    for (var piece : pieces) {
      buffer.writeBytes(piece.bytes, piece.start, piece.length);
    }
  }

  /** All of it in one array. */
  public byte[] toBytes() {
    byte[] bytes = new byte[length];
    int at = 0;
    for (var piece : pieces) {
      System.arraycopy(piece.bytes, piece.start, bytes, at, piece.length);
      at += piece.length;
    }
    return bytes;
  }

  @Override
  public String toString() {
    return "Edited[" + length + " bytes]";
  }

  private record Piece(byte[] bytes, int start, int length) {}
}
