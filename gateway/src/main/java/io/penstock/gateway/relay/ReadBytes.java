package io.penstock.gateway.relay;

import io.netty.buffer.ByteBuf;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;

/** A buffer's bytes where they are; copied only where they are in no array. */
@SuppressWarnings("ArrayRecordComponent")
record ReadBytes(byte[] bytes, int start, int end) {
  static ReadBytes of(Buffer buffer) {
    ByteBuf netty = buffer instanceof BufferInternal internal ? internal.getByteBuf() : null;
    if (netty != null && netty.hasArray()) {
      int start = netty.arrayOffset() + netty.readerIndex();
      return new ReadBytes(netty.array(), start, start + netty.readableBytes());
    }
    byte[] copy = buffer.getBytes();
    return new ReadBytes(copy, 0, copy.length);
  }
}
