package io.penstock.loadtest.mock;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * One connection of the {@link FastMock}: requests with a content-length, one after the other, each
 * answered at once.
 */
final class Answers extends ChannelInboundHandlerAdapter {
  private static final ByteBuf END_OF_HEAD = text("\r\n\r\n");
  private static final ByteBuf STREAM = text("\"stream\":true");
  private static final ByteBuf SPACED_STREAM = text("\"stream\": true");
  private static final byte[] LENGTH = "content-length:".getBytes(StandardCharsets.US_ASCII);

  private final FastMock.Bytes bytes;
  private ByteBuf partial = Unpooled.EMPTY_BUFFER;

  Answers(FastMock.Bytes bytes) {
    this.bytes = bytes;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    var read = (ByteBuf) message;
    var all = partial.isReadable() ? Unpooled.wrappedBuffer(partial, read) : read;
    partial = Unpooled.EMPTY_BUFFER;
    while (all.isReadable() && answer(context, all)) {}
    if (all.isReadable()) {
      partial = all.readBytes(all.readableBytes());
    }
    all.release();
  }

  /** Whether a whole request was there. */
  private boolean answer(ChannelHandlerContext context, ByteBuf all) {
    int head = ByteBufUtil.indexOf(END_OF_HEAD, all);
    if (head < 0) {
      return false;
    }
    int headLength = head - all.readerIndex() + 4;
    int length = headLength + bodyLength(all, head);
    if (all.readableBytes() < length) {
      return false;
    }
    var body = all.slice(all.readerIndex() + headLength, length - headLength);
    boolean stream =
        ByteBufUtil.indexOf(STREAM, body) >= 0 || ByteBufUtil.indexOf(SPACED_STREAM, body) >= 0;
    all.skipBytes(length);
    if (stream) {
      var _ = context.write(bytes.head().duplicate());
      frames(context, bytes.frames(), System.nanoTime());
    } else {
      var _ = context.write(bytes.whole().duplicate());
    }
    return true;
  }

  /**
   * The number in the content-length header before {@code end}, in any case; 0 where there is none.
   */
  private static int bodyLength(ByteBuf all, int end) {
    int matched = 0;
    for (int i = all.readerIndex(); i < end; i++) {
      matched = (all.getByte(i) | 0x20) == (LENGTH[matched] | 0x20) ? matched + 1 : 0;
      if (matched == LENGTH.length) {
        return number(all, i + 1, end);
      }
    }
    return 0;
  }

  private static int number(ByteBuf all, int from, int end) {
    int number = 0;
    for (int i = from; i < end && all.getByte(i) != '\r'; i++) {
      int digit = all.getByte(i) - '0';
      number = digit >= 0 && digit <= 9 ? number * 10 + digit : number;
    }
    return number;
  }

  private void frames(ChannelHandlerContext context, int left, long dueNanos) {
    if (!context.channel().isActive()) {
      return;
    }
    int now = bytes.frameMillis() == 0 ? left : 1;
    for (int i = 0; i < now; i++) {
      var _ = context.writeAndFlush(bytes.frame().duplicate());
    }
    if (left == now) {
      var _ = context.writeAndFlush(bytes.last().duplicate());
      return;
    }
    long next = dueNanos + TimeUnit.MILLISECONDS.toNanos(bytes.frameMillis());
    var _ =
        context
            .executor()
            .schedule(
                () -> frames(context, left - 1, next),
                next - System.nanoTime(),
                TimeUnit.NANOSECONDS);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    context.flush();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    partial.release();
    partial = Unpooled.EMPTY_BUFFER;
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    var _ = context.close();
  }

  private static ByteBuf text(String text) {
    return Unpooled.unreleasableBuffer(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
  }
}
