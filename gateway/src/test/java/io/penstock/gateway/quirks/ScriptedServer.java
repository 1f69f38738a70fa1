package io.penstock.gateway.quirks;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A model server that sends the bytes that a test wants, and nothing by itself. */
public final class ScriptedServer implements AutoCloseable {
  private final ServerSocket listener;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final AtomicInteger gone = new AtomicInteger();
  private volatile Script script;

  /** What happens on one connection, from its opening to its end; it closes on return. */
  public interface Script {
    void serve(Wire wire) throws IOException;

    /** The same to every request. */
    static Script each(Script answer) {
      return wire -> {
        while (true) {
          wire.request();
          answer.serve(wire);
        }
      };
    }

    /** These bytes to every request, and the connection stays. */
    static Script always(String answer) {
      return each(wire -> wire.send(answer));
    }

    /** These bytes to the first request of a connection, and its end. */
    static Script once(String answer) {
      return wire -> {
        wire.request();
        wire.send(answer);
      };
    }

    /** These bytes to the first request of a connection, and then nothing. */
    static Script hanging(String answer) {
      return wire -> {
        wire.request();
        wire.send(answer);
        wire.untilGone();
      };
    }
  }

  /** A request as it came. */
  public record Request(String head, String body) {}

  /** One connection. */
  public static final class Wire {
    private final ScriptedServer server;
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    private Wire(ScriptedServer server, Socket socket) throws IOException {
      this.server = server;
      this.socket = socket;
      this.in = new BufferedInputStream(socket.getInputStream());
      this.out = socket.getOutputStream();
    }

    /** Reads the next head, and none of what follows it. */
    public String head() throws IOException {
      var head = new StringBuilder();
      while (head.length() < 4 || head.indexOf("\r\n\r\n", head.length() - 4) < 0) {
        int b = in.read();
        if (b < 0) {
          throw new EOFException();
        }
        head.append((char) b);
      }
      return head.toString();
    }

    /** Reads the next request. */
    public Request request() throws IOException {
      String head = head();
      var request =
          new Request(head, new String(in.readNBytes(length(head)), StandardCharsets.UTF_8));
      server.requests.add(request);
      return request;
    }

    private static int length(String head) {
      return head.toLowerCase(Locale.ROOT)
          .lines()
          .filter(line -> line.startsWith("content-length:"))
          .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
          .findFirst()
          .orElse(0);
    }

    public void send(String text) throws IOException {
      send(text.getBytes(StandardCharsets.UTF_8));
    }

    public void send(byte[] bytes) throws IOException {
      out.write(bytes);
      out.flush();
    }

    /** No more bytes will come, but the connection still takes what the other side sends. */
    public void finish() throws IOException {
      socket.shutdownOutput();
      untilGone();
    }

    /** Whether nothing comes, not even the end, for as long as a stray byte could take. */
    public boolean isQuiet() throws IOException {
      socket.setSoTimeout(200);
      try {
        in.read();
        return false;
      } catch (SocketTimeoutException nothing) {
        return true;
      } finally {
        socket.setSoTimeout(0);
      }
    }

    /** Ends the connection with a reset. */
    public void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }

    /** Blocks until the other side closes. */
    public void untilGone() {
      try {
        while (in.read() >= 0) {
          // whatever it sends
        }
      } catch (IOException reset) {
        // gone, too
      }
      server.gone.incrementAndGet();
    }
  }

  private ScriptedServer(ServerSocket listener, Script script) {
    this.listener = listener;
    this.script = script;
  }

  public static ScriptedServer start(Script script) throws IOException {
    var server =
        new ScriptedServer(new ServerSocket(0, 1000, InetAddress.getByName("127.0.0.1")), script);
    Thread.ofVirtual().start(server::accept);
    return server;
  }

  /** What connections do that are opened from now on; the others are closed. */
  public void plays(Script next) throws IOException {
    script = next;
    for (var socket : sockets) {
      socket.close();
    }
    sockets.clear();
    requests.clear();
    gone.set(0);
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket socket = listener.accept();
        socket.setTcpNoDelay(true);
        sockets.add(socket);
        Script now = script;
        Thread.ofVirtual().start(() -> serve(now, socket));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(Script now, Socket socket) {
    try (socket) {
      now.serve(new Wire(this, socket));
    } catch (IOException left) {
      // the other side went, or the script closed
    }
  }

  public String url() {
    return "http://127.0.0.1:" + listener.getLocalPort();
  }

  /** Requests that came since the script began. */
  public List<Request> requests() {
    return requests;
  }

  /** Connections that the other side was seen to close. */
  public int gone() {
    return gone.get();
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (var socket : sockets) {
      socket.close();
    }
  }
}
