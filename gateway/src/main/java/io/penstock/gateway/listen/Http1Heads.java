package io.penstock.gateway.listen;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;

/** What a connection of HTTP/1.1 has read and answered, told to its deadline. */
final class Http1Heads extends ChannelDuplexHandler {
  private final HeadDeadline deadline;

  Http1Heads(HeadDeadline deadline) {
    this.deadline = deadline;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (message instanceof HttpRequest) {
      deadline.headIsWhole();
    }
    if (message instanceof LastHttpContent) {
      deadline.requestIsWhole();
    }
    ctx.fireChannelRead(message);
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    if (message instanceof LastHttpContent && !isInterim(message)) {
      deadline.responseIsWhole();
    }
    var _ = ctx.write(message, promise);
  }

  /** {@code 100 Continue}: the answer is still to come. */
  private static boolean isInterim(Object message) {
    return message instanceof HttpResponse response
        && response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
  }
}
