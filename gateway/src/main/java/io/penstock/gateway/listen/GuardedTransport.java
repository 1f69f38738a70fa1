package io.penstock.gateway.listen;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.InternetProtocolFamily;
import io.vertx.core.datagram.DatagramSocketOptions;
import io.vertx.core.net.TcpConfig;
import io.vertx.core.spi.transport.Transport;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * Another transport, which gives each connection that is accepted at a guarded port a {@link
 * HeadDeadline}.
 */
final class GuardedTransport implements Transport {
  private final Transport transport;

  /** What a head may take, by the port. */
  private final Map<Integer, Duration> guarded = new ConcurrentHashMap<>();

  GuardedTransport(Transport transport) {
    this.transport = transport;
  }

  void guard(int port, Duration atMost) {
    guarded.put(port, atMost);
  }

  /** Sees the accepted connections as the listener's messages. */
  @Sharable
  private final class Accepting extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object accepted) {
      if (accepted instanceof Channel connection
          && ctx.channel().localAddress() instanceof InetSocketAddress at) {
        Duration atMost = guarded.get(at.getPort());
        if (atMost != null) {
          connection.pipeline().addLast(new HeadDeadline(atMost.toNanos()));
        }
      }
      ctx.fireChannelRead(accepted);
    }
  }

  @Override
  public void configure(TcpConfig config, boolean domainSocket, ServerBootstrap bootstrap) {
    transport.configure(config, domainSocket, bootstrap);
    bootstrap.handler(new Accepting());
  }

  // As it is.

  @Override
  public boolean supportsDomainSockets() {
    return transport.supportsDomainSockets();
  }

  @Override
  public boolean supportFileRegion() {
    return transport.supportFileRegion();
  }

  @Override
  public boolean isAvailable() {
    return transport.isAvailable();
  }

  @Override
  public @Nullable Throwable unavailabilityCause() {
    return transport.unavailabilityCause();
  }

  @Override
  public SocketAddress convert(io.vertx.core.net.SocketAddress address) {
    return transport.convert(address);
  }

  @Override
  public io.vertx.core.net.SocketAddress convert(SocketAddress address) {
    return transport.convert(address);
  }

  @Override
  public IoHandlerFactory ioHandlerFactory() {
    return transport.ioHandlerFactory();
  }

  @Override
  public EventLoopGroup eventLoopGroup(
      int type, int threads, ThreadFactory threadFactory, int ioRatio) {
    return transport.eventLoopGroup(type, threads, threadFactory, ioRatio);
  }

  @Override
  @SuppressWarnings("deprecation") // the signature is Vert.x's
  public DatagramChannel datagramChannel(InternetProtocolFamily family) {
    return transport.datagramChannel(family);
  }

  @Override
  public ChannelFactory<? extends DatagramChannel> datagramChannelFactory() {
    return transport.datagramChannelFactory();
  }

  @Override
  public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
    return transport.channelFactory(domainSocket);
  }

  @Override
  public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
    return transport.serverChannelFactory(domainSocket);
  }

  @Override
  public void configure(DatagramChannel channel, DatagramSocketOptions options) {
    transport.configure(channel, options);
  }

  @Override
  public void configure(TcpConfig config, boolean domainSocket, Bootstrap bootstrap) {
    transport.configure(config, domainSocket, bootstrap);
  }

  /** How Vert.x is given it. */
  record Named(io.vertx.core.transport.Transport of, GuardedTransport implementation)
      implements io.vertx.core.transport.Transport {
    Named(io.vertx.core.transport.Transport of) {
      this(of, new GuardedTransport(of.implementation()));
    }

    @Override
    public String name() {
      return of.name();
    }

    @Override
    public boolean available() {
      return of.available();
    }

    @Override
    public @Nullable Throwable unavailabilityCause() {
      return of.unavailabilityCause();
    }
  }
}
