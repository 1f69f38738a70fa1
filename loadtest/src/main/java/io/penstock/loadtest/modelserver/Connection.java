package io.penstock.loadtest.modelserver;

import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetSocket;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP/1.1 connection. Requests are parsed by Netty's decoder, answers are raw bytes, so that
 * every misbehaviour can be had. Requests that come before the answer to the one before are kept
 * until it is complete.
 */
final class Connection {
  private static final int MAX_BODY_BYTES = 128 << 20;
  private static final long IDLE_MILLIS = 5_000;
  private static final long NO_TIMER = -1;

  private final Vertx vertx;
  private final NetSocketInternal socket;
  private final Set<Quirk> quirks;
  private final Consumer<Exchange> serve;
  private final Deque<Exchange> pipelined = new ArrayDeque<>();
  private @Nullable Exchange active;
  private @Nullable HttpRequest head;
  private Buffer body = Buffer.buffer();
  private long idleTimer = NO_TIMER;
  private boolean closed;

  private Connection(
      Vertx vertx, NetSocketInternal socket, Set<Quirk> quirks, Consumer<Exchange> serve) {
    this.vertx = vertx;
    this.socket = socket;
    this.quirks = quirks;
    this.serve = serve;
  }

  static void accept(Vertx vertx, NetSocket accepted, Set<Quirk> quirks, Consumer<Exchange> serve) {
    var socket = (NetSocketInternal) accepted;
    var config =
        new HttpDecoderConfig().setMaxInitialLineLength(64 << 10).setMaxHeaderSize(64 << 10);
    socket
        .channelHandlerContext()
        .pipeline()
        .addBefore("handler", "http", new HttpRequestDecoder(config));
    var connection = new Connection(vertx, socket, quirks, serve);
    socket.messageHandler(connection::read);
    socket.exceptionHandler(_ -> connection.close());
    socket.closeHandler(_ -> connection.left());
    connection.idle();
  }

  String date() {
    return DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC));
  }

  private void read(Object message) {
    try {
      if (message instanceof HttpRequest request) {
        begin(request);
      }
      if (message instanceof HttpContent content && head != null) {
        append(head, content);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void begin(HttpRequest request) {
    if (idleTimer != NO_TIMER) {
      vertx.cancelTimer(idleTimer);
      idleTimer = NO_TIMER;
    }
    if (request.decoderResult().isFailure() || request.protocolVersion().majorVersion() != 1) {
      refuse("Invalid HTTP request received.");
      return;
    }
    head = request;
    body = Buffer.buffer();
    if (HttpUtil.is100ContinueExpected(request)) {
      write(Buffer.buffer("HTTP/1.1 100 Continue\r\n\r\n"));
    }
  }

  private void append(HttpRequest request, HttpContent content) {
    if (content.decoderResult().isFailure() || body.length() > MAX_BODY_BYTES) {
      head = null;
      refuse("Invalid HTTP request received.");
      return;
    }
    body.appendBuffer(BufferInternal.buffer(content.content()));
    if (content instanceof LastHttpContent) {
      head = null;
      pipelined.add(new Exchange(this, request, body, quirks));
      serveNext();
    }
  }

  private void serveNext() {
    if (active == null && !closed) {
      active = pipelined.poll();
      if (active != null) {
        serve.accept(active);
      } else {
        idle();
      }
    }
  }

  private void refuse(String text) {
    if (closed) {
      return;
    }
    var request = new DefaultHttpRequest(HttpVersion.HTTP_1_0, HttpMethod.GET, "/");
    new Exchange(this, request, Buffer.buffer(), quirks)
        .answer(400, "text/plain; charset=utf-8", text);
  }

  boolean closesAfter(HttpRequest request) {
    return !HttpUtil.isKeepAlive(request);
  }

  /** The answer to this request is complete. */
  void ended(HttpRequest request) {
    active = null;
    if (closesAfter(request)) {
      close();
    } else if (!closed) {
      // Not at once: the exchange that ended is still at work on this stack.
      vertx.runOnContext(_ -> serveNext());
    }
  }

  void write(Buffer bytes) {
    if (closed) {
      return;
    }
    if (!quirks.contains(Quirk.SPLIT_EVERY_BYTE)) {
      socket.write(bytes);
      return;
    }
    for (int i = 0; i < bytes.length(); i++) {
      socket.write(bytes.slice(i, i + 1));
    }
  }

  void close() {
    if (!closed) {
      closed = true;
      socket.close();
    }
  }

  void reset() {
    closed = true;
    var channel = socket.channelHandlerContext().channel();
    channel.config().setOption(ChannelOption.SO_LINGER, 0);
    var _ = channel.close();
  }

  private void left() {
    closed = true;
    if (active != null) {
      active.left();
    }
    pipelined.clear();
  }

  private void idle() {
    if (quirks.contains(Quirk.KEEPALIVE_5S) && idleTimer == NO_TIMER) {
      idleTimer = vertx.setTimer(IDLE_MILLIS, _ -> close());
    }
  }
}
