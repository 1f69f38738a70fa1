package io.penstock.gateway.listen;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The first handler of an accepted connection: closes it when a head is not whole in time. It sees
 * that bytes come, encrypted ones too; {@link Http1Heads} tells it what they were. It belongs to
 * the connection's event loop.
 */
final class HeadDeadline extends ChannelInboundHandlerAdapter {
  private final long limitNanos;
  private @Nullable ChannelHandlerContext context;
  private @Nullable ScheduledFuture<?> timer;
  private boolean betweenRequests;
  private int openRequests;

  HeadDeadline(long limitNanos) {
    this.limitNanos = limitNanos;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    start();
    ctx.fireChannelActive();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object bytes) {
    if (betweenRequests) {
      betweenRequests = false;
      start();
    }
    ctx.fireChannelRead(bytes);
  }

  /** A head is whole; what comes now is its request's body. */
  void headIsWhole() {
    openRequests++;
    betweenRequests = false;
    stop();
  }

  /** A request was read to its end: the next byte begins another head. */
  void requestIsWhole() {
    betweenRequests = true;
  }

  void responseIsWhole() {
    openRequests--;
    if (openRequests == 0 && timer != null) {
      stop();
      start();
    }
  }

  private void start() {
    if (timer == null) {
      timer =
          Objects.requireNonNull(context)
              .executor()
              .schedule(this::expire, limitNanos, TimeUnit.NANOSECONDS);
    }
  }

  private void stop() {
    ScheduledFuture<?> running = timer;
    timer = null;
    if (running != null) {
      running.cancel(false);
    }
  }

  /**
   * A client that sends requests ahead may have the next one's head half in, and is not read from
   * while it is answered: it has its time when the answer is there.
   */
  private void expire() {
    timer = null;
    if (openRequests > 0) {
      start();
    } else {
      var _ = Objects.requireNonNull(context).close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    stop();
    ctx.fireChannelInactive();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    stop();
  }
}
