package io.penstock.gateway.redis;

import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Delay;
import io.lettuce.core.resource.EventLoopGroupProvider;
import io.lettuce.core.resource.Transports;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Puts Lettuce's connections on the house's own event loops: a request, its connection to Redis and
 * its connection to the model server are one thread's, and no answer wakes another.
 *
 * <p>Lettuce chooses epoll before io_uring, once a process, and by a property; so the property says
 * what Vert.x runs on, before any other of its classes is used. Where Lettuce was told otherwise
 * before, it keeps loops of its own.
 */
final class Loops implements AutoCloseable {
  /** Lettuce tells of every connection; what an operator must know, the breaker says, once. */
  private static final Logger LETTUCE = Logger.getLogger("io.lettuce");

  private final ClientResources shared;
  private final boolean ours;

  Loops(Vertx vertx) {
    LETTUCE.setLevel(Level.SEVERE);
    String transport = transport((VertxInternal) vertx);
    System.setProperty("io.lettuce.core.epoll", String.valueOf(transport.equals("epoll")));
    System.setProperty("io.lettuce.core.iouring", String.valueOf(transport.equals("iouring")));
    String chosen = Transports.socketChannelClass().getSimpleName().toLowerCase(Locale.ROOT);
    ours = chosen.startsWith(transport);
    shared =
        DefaultClientResources.builder()
            .ioThreadPoolSize(2)
            .computationThreadPoolSize(2)
            .reconnectDelay(
                Delay.fullJitter(
                    Duration.ofMillis(20), Duration.ofMillis(500), 20, TimeUnit.MILLISECONDS))
            .build();
  }

  /** What a loop itself says; what Vert.x calls its transport may be wrapped. */
  private static String transport(VertxInternal vertx) {
    if (vertx.createEventLoopContext().nettyEventLoop() instanceof IoEventLoop loop) {
      if (loop.isIoType(IoUringIoHandler.class)) {
        return "iouring";
      }
      if (loop.isIoType(EpollIoHandler.class)) {
        return "epoll";
      }
    }
    return "nio";
  }

  /** Resources of a client all of whose connections are on this loop. */
  ClientResources on(EventLoop loop) {
    return ours ? shared.mutate().eventLoopGroupProvider(new OneLoop(loop)).build() : shared;
  }

  @Override
  public void close() {
    var _ = shared.shutdown(0, 1, TimeUnit.SECONDS);
  }

  /** The loop is Vert.x's: it is lent, and never shut down here. */
  private record OneLoop(EventLoop loop) implements EventLoopGroupProvider {
    @Override
    @SuppressWarnings("unchecked") // a loop is a group of one, of the class that Lettuce found
    public <T extends EventLoopGroup> T allocate(Class<T> type) {
      return (T) loop;
    }

    @Override
    public int threadPoolSize() {
      return 1;
    }

    @Override
    public Future<Boolean> release(
        EventExecutorGroup group, long quietPeriod, long timeout, TimeUnit unit) {
      return done();
    }

    @Override
    public Future<Boolean> shutdown(long quietPeriod, long timeout, TimeUnit unit) {
      return done();
    }

    private static Future<Boolean> done() {
      return ImmediateEventExecutor.INSTANCE.newSucceededFuture(Boolean.TRUE);
    }
  }
}
