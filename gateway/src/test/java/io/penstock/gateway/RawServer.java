package io.penstock.gateway;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A server of HTTP/1.1 that does to its connections exactly what a test says. */
public final class RawServer implements AutoCloseable {
  private final ServerSocket listener;
  private final Script script;
  private final List<String> heads = new CopyOnWriteArrayList<>();
  private final List<String> bodies = new CopyOnWriteArrayList<>();
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private volatile String early;
  private final AtomicInteger gone = new AtomicInteger();

  /** What to do with a request that was read. */
  public interface Script {
    void answer(Exchange exchange) throws IOException, InterruptedException;
  }

  /**
   * One request.
   *
   * @param number from 1, over all connections
   */
  public record Exchange(
      int number, String body, OutputStream out, Socket socket, RawServer server) {
    public void write(String text) throws IOException {
      out.write(text.getBytes(StandardCharsets.UTF_8));
      out.flush();
    }

    public void json(int status, String body) throws IOException {
      write(
          "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
              .formatted(status, body.getBytes(StandardCharsets.UTF_8).length, body));
    }

    public void events(String... frames) throws IOException {
      write(
          "HTTP/1.1 200 OK\r\n"
              + "Content-Type: text/event-stream\r\n"
              + "Transfer-Encoding: chunked\r\n\r\n");
      for (String frame : frames) {
        chunk(frame);
      }
    }

    public void chunk(String text) throws IOException {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      write(Integer.toHexString(bytes.length) + "\r\n" + text + "\r\n");
    }

    public void lastChunk() throws IOException {
      write("0\r\n\r\n");
    }

    /** Blocks until the other side closes. */
    public void untilGone() throws IOException {
      try {
        while (socket.getInputStream().read() >= 0) {
          // whatever it sends
        }
      } catch (IOException reset) {
        // gone, too
      }
      server.gone.incrementAndGet();
    }
  }

  private RawServer(ServerSocket listener, Script script) {
    this.listener = listener;
    this.script = script;
  }

  public static RawServer start(Script script) throws IOException {
    RawServer server =
        new RawServer(new ServerSocket(0, 100, InetAddress.getByName("127.0.0.1")), script);
    Thread.ofVirtual().start(server::accept);
    return server;
  }

  /** A server that answers as soon as it has a head, and closes without reading the body. */
  static RawServer answeringHeads(String answer) throws IOException {
    RawServer server = start(exchange -> {});
    server.early = answer;
    return server;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        socket.setTcpNoDelay(true);
        sockets.add(socket);
        Thread.ofVirtual().start(() -> serve(socket));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      String head = head(in);
      while (!head.isEmpty()) {
        if (early != null) {
          socket.getOutputStream().write(early.getBytes(StandardCharsets.UTF_8));
          return;
        }
        String body = new String(in.readNBytes(length(head)), StandardCharsets.UTF_8);
        heads.add(head);
        bodies.add(body);
        script.answer(new Exchange(heads.size(), body, socket.getOutputStream(), socket, this));
        head = head(in);
      }
    } catch (IOException | InterruptedException e) {
      // the client closed, or the script did
    }
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    int b;
    while (!head.toString().endsWith("\r\n\r\n") && (b = in.read()) >= 0) {
      head.append((char) b);
    }
    return head.toString();
  }

  private static int length(String head) {
    return head.toLowerCase(Locale.ROOT)
        .lines()
        .filter(line -> line.startsWith("content-length:"))
        .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
        .findFirst()
        .orElse(0);
  }

  public String url() {
    return "http://127.0.0.1:" + listener.getLocalPort();
  }

  /** The heads of all requests so far, each with its empty line. */
  public List<String> heads() {
    return heads;
  }

  public List<String> bodies() {
    return bodies;
  }

  int connections() {
    return sockets.size();
  }

  int gone() {
    return gone.get();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
