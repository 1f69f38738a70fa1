package io.penstock.loadtest.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A model server whose answers are written byte by byte, as no good one would. */
final class BadServer implements AutoCloseable {
  static final int HUGE_BYTES = 10_000_000;

  private final ServerSocket listening;
  private final Answer answer;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  /** What is written once a request is there. */
  interface Answer {
    void write(OutputStream out) throws IOException, InterruptedException;
  }

  private BadServer(ServerSocket listening, Answer answer) {
    this.listening = listening;
    this.answer = answer;
  }

  static BadServer start(Answer answer) throws IOException {
    var server = new BadServer(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), answer);
    Thread.ofVirtual().start(() -> server.accept(server::serve));
    return server;
  }

  /**
   * Whose host has vanished: what connects is never answered. The queue of the listener is full, so
   * that the kernel leaves further connects without an answer, too.
   */
  static BadServer vanished() throws IOException {
    var server = new BadServer(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()), _ -> {});
    for (int i = 0; i < 4; i++) {
      var socket = new Socket();
      server.open.add(socket);
      Thread.ofVirtual().start(() -> fill(socket, server.listening));
    }
    return server;
  }

  private static void fill(Socket socket, ServerSocket listening) {
    try {
      socket.connect(listening.getLocalSocketAddress());
    } catch (IOException _) {
      // The queue is full, as it should be.
    }
  }

  static Answer slowFirstToken(long millis) {
    return out -> {
      TimeUnit.MILLISECONDS.sleep(millis);
      head(out);
      token(out, "late");
      done(out);
    };
  }

  static Answer slowTokens(long millis) {
    return out -> {
      head(out);
      for (int i = 0; i < 16; i++) {
        token(out, "slow");
        TimeUnit.MILLISECONDS.sleep(i < 3 ? 10 : millis);
      }
      done(out);
    };
  }

  static Answer endless() {
    return out -> {
      head(out);
      while (true) {
        token(out, "more");
        TimeUnit.MILLISECONDS.sleep(5);
      }
    };
  }

  static Answer hugeFrame() {
    return out -> {
      head(out);
      token(out, "x".repeat(HUGE_BYTES));
      done(out);
    };
  }

  private static void head(OutputStream out) throws IOException {
    write(out, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n");
  }

  private static void token(OutputStream out, String text) throws IOException {
    write(
        out,
        "data:"
            + " {\"id\":\"b\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"llama-2-7b\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
            + text
            + "\"},\"finish_reason\":null}]}\n\n");
  }

  private static void done(OutputStream out) throws IOException {
    write(
        out,
        "data:"
            + " {\"id\":\"b\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"llama-2-7b\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
            + "data: [DONE]\n\n");
  }

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(UTF_8));
    out.flush();
  }

  String url() {
    return "http://127.0.0.1:" + listening.getLocalPort();
  }

  private void accept(Consumer<Socket> each) {
    try {
      while (true) {
        Socket socket = listening.accept();
        open.add(socket);
        Thread.ofVirtual().start(() -> each.accept(socket));
      }
    } catch (IOException _) {
      // It was closed.
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      request(new BufferedInputStream(socket.getInputStream()));
      answer.write(socket.getOutputStream());
    } catch (IOException _) {
      // The gateway has left.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(socket);
    }
  }

  private static void request(InputStream in) throws IOException {
    int length = 0;
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      if (line.toLowerCase(Locale.ROOT).startsWith("content-length:")) {
        length = Integer.parseInt(line.substring(15).strip());
      }
    }
    in.skipNBytes(length);
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int next = in.read(); next != '\n'; next = in.read()) {
      if (next < 0) {
        throw new IOException("the request ended early");
      }
      if (next != '\r') {
        line.append((char) next);
      }
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    listening.close();
    for (Socket socket : open) {
      socket.close();
    }
  }
}
