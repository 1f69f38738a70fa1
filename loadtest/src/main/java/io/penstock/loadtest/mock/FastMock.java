package io.penstock.loadtest.mock;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * Answers every request with the same chat completion of about 1 KB, or, where the body asks for a
 * stream, with a fixed number of frames. It reads of a request only what it must: the length, and
 * whether it wants a stream. Raw Netty, on io_uring where the kernel has it.
 */
public final class FastMock implements AutoCloseable {
  private final EventLoopGroup group;
  private final Channel listening;

  private FastMock(EventLoopGroup group, Channel listening) {
    this.group = group;
    this.listening = listening;
  }

  /**
   * @param port 0: any that is free
   * @param frames content frames of a stream
   * @param frameMillis between two frames; 0: all at once, each in a write of its own
   */
  public record Options(String host, int port, int threads, int frames, int frameMillis) {
    public Options {
      if (threads < 1 || frames < 1 || frameMillis < 0) {
        throw new IllegalArgumentException(
            "threads and frames must be 1 or more, the interval 0 or more");
      }
    }

    /** One thread; streams of 100 frames, 20 ms apart. */
    public static Options defaults() {
      return new Options("127.0.0.1", 0, 1, 100, 20);
    }

    public Options withPort(int port) {
      return new Options(host, port, threads, frames, frameMillis);
    }

    public Options withFrames(int frames, int frameMillis) {
      return new Options(host, port, threads, frames, frameMillis);
    }
  }

  /** Throws where the port is taken. */
  public static FastMock start(Options options) throws InterruptedException {
    var transport = Transport.best();
    var group = new MultiThreadIoEventLoopGroup(options.threads, transport.handler);
    var bytes = new Bytes(options);
    var bootstrap =
        new ServerBootstrap()
            .group(group)
            .channel(transport.channel)
            .option(ChannelOption.SO_BACKLOG, 8192)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new Answers(bytes));
                  }
                });
    return new FastMock(group, bootstrap.bind(options.host, options.port).sync().channel());
  }

  public int port() {
    return ((InetSocketAddress) listening.localAddress()).getPort();
  }

  public String url() {
    return "http://127.0.0.1:" + port();
  }

  @Override
  public void close() {
    listening.close().syncUninterruptibly();
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  /** {@code FastMock [PORT [THREADS [FRAMES [FRAME_MILLIS]]]]}: runs until it is killed. */
  public static void main(String[] args) throws InterruptedException {
    var defaults = Options.defaults();
    int[] given = {9000, defaults.threads, defaults.frames, defaults.frameMillis};
    for (int i = 0; i < args.length; i++) {
      given[i] = Integer.parseInt(args[i]);
    }
    try (var mock = start(new Options("127.0.0.1", given[0], given[1], given[2], given[3]))) {
      System.out.println("ready " + mock.url());
      mock.listening.closeFuture().sync();
    }
  }

  private record Transport(IoHandlerFactory handler, Class<? extends ServerChannel> channel) {
    static Transport best() {
      if (IoUring.isAvailable()) {
        return new Transport(IoUringIoHandler.newFactory(), IoUringServerSocketChannel.class);
      }
      if (Epoll.isAvailable()) {
        return new Transport(EpollIoHandler.newFactory(), EpollServerSocketChannel.class);
      }
      return new Transport(NioIoHandler.newFactory(), NioServerSocketChannel.class);
    }
  }

  /** The answers, ready to be written. */
  record Bytes(
      ByteBuf whole, ByteBuf head, ByteBuf frame, ByteBuf last, int frames, int frameMillis) {
    private static final String TEXT =
        "The water falls through the penstock and turns the wheel, and the wheel turns whatever is asked of it. "
            .repeat(7);

    private static final String STREAM_HEAD =
        """
        HTTP/1.1 200 OK
        content-type: text/event-stream; charset=utf-8
        transfer-encoding: chunked

        """;
    private static final String FRAME =
        """
        data: {"id":"chatcmpl-0","object":"chat.completion.chunk","created":1700000000,"model":"mock",\
        "choices":[%s]%s}

        """;

    Bytes(Options options) {
      this(
          fixed(answer()),
          fixed(STREAM_HEAD.replace("\n", "\r\n")),
          fixed(frame("{\"content\":\" water\"}", "null")),
          fixed(
              frame("{}", "\"stop\"")
                  + chunk(
                      FRAME.formatted(
                          "",
                          """
                          ,"usage":{"prompt_tokens":100,"total_tokens":%d,"completion_tokens":%d}\
                          """
                              .formatted(100 + options.frames(), options.frames())))
                  + chunk("data: [DONE]\n\n")
                  + "0\r\n\r\n"),
          options.frames(),
          options.frameMillis());
    }

    private static String answer() {
      String body =
          """
          {"id":"chatcmpl-0","object":"chat.completion","created":1700000000,"model":"mock","choices":[{"index":0,\
          "message":{"role":"assistant","content":"%s","refusal":null},"logprobs":null,"finish_reason":"stop"}],\
          "usage":{"prompt_tokens":100,"total_tokens":260,"completion_tokens":160}}\
          """
              .formatted(TEXT);
      return "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
          + body.length()
          + "\r\n\r\n"
          + body;
    }

    private static String frame(String delta, String finish) {
      return chunk(
          FRAME.formatted(
              """
              {"index":0,"delta":%s,"finish_reason":%s}\
              """
                  .formatted(delta, finish),
              ""));
    }

    private static String chunk(String data) {
      return Integer.toHexString(data.length()) + "\r\n" + data + "\r\n";
    }

    private static ByteBuf fixed(String text) {
      byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
      return Unpooled.unreleasableBuffer(Unpooled.directBuffer(bytes.length).writeBytes(bytes))
          .asReadOnly();
    }
  }
}
