package io.penstock.gateway.listen;

import io.netty.channel.ChannelPipeline;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.transport.Transport;
import java.time.Duration;

/**
 * Bounds how long a client may take to send the head of a request: else one that sends a byte now
 * and then holds its connection for good. The first head is counted from the accept on, with TLS's
 * handshake in it, each further one of HTTP/1.1 from its first byte. A connection of HTTP/2 is
 * bounded until it is set up; its streams are under the limits of their own.
 *
 * <p>Vert.x tells of a connection when a first head is whole, which is too late; hence the {@link
 * GuardedTransport}, which sees it at the accept.
 */
public final class Heads {
  private Heads() {}

  /** A transport whose servers can be guarded. */
  public static Transport guarded(Transport transport) {
    return new GuardedTransport.Named(transport);
  }

  /** Has the connections of an open server bounded; needs a transport from {@link #guarded}. */
  public static void guard(Vertx vertx, HttpServer server, Duration atMost) {
    if (((VertxInternal) vertx).transport() instanceof GuardedTransport transport) {
      transport.guard(server.actualPort(), atMost);
    }
  }

  /** For a server's connection handler: has the heads after the first one bounded, too. */
  public static void watch(HttpConnection connection) {
    if (!(connection instanceof HttpServerConnection accepted)) {
      return;
    }
    ChannelPipeline pipeline = accepted.channelHandlerContext().pipeline();
    HeadDeadline deadline = pipeline.get(HeadDeadline.class);
    if (deadline == null) {
      return;
    }
    if (connection.protocolVersion() == HttpVersion.HTTP_2) {
      pipeline.remove(deadline);
    } else {
      pipeline.addBefore(
          accepted.channelHandlerContext().name(), "penstock-heads", new Http1Heads(deadline));
    }
  }
}
