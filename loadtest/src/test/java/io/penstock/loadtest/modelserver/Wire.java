package io.penstock.loadtest.modelserver;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A socket and the bytes on it, for what an HTTP client hides. */
final class Wire implements AutoCloseable {
  private final Socket socket;
  private final StringBuilder read = new StringBuilder();

  Wire(ModelServer server) throws IOException {
    socket = new Socket("127.0.0.1", server.port());
    socket.setSoTimeout(30_000);
  }

  void send(String bytes) throws IOException {
    socket.getOutputStream().write(bytes.getBytes(StandardCharsets.UTF_8));
    socket.getOutputStream().flush();
  }

  void post(String path, String body) throws IOException {
    send(
        "POST "
            + path
            + " HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: "
            + body.getBytes(StandardCharsets.UTF_8).length
            + "\r\n\r\n"
            + body);
  }

  /** Everything until the other side closes. */
  String rest() throws IOException {
    var bytes = new ByteArrayOutputStream();
    socket.getInputStream().transferTo(bytes);
    return read + bytes.toString(StandardCharsets.UTF_8);
  }

  /** Everything so far, when it ends with or contains this. */
  String until(String mark) throws IOException {
    while (read.indexOf(mark) < 0) {
      int next = socket.getInputStream().read();
      if (next < 0) {
        throw new IOException("closed after: " + read);
      }
      read.append((char) next);
    }
    return read.toString();
  }

  int next() throws IOException {
    return socket.getInputStream().read();
  }

  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  /** The chunks of a chunked answer. */
  static List<String> chunks(String answer) {
    List<String> chunks = new ArrayList<>();
    String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
    while (!body.isEmpty()) {
      int line = body.indexOf("\r\n");
      int size = Integer.parseInt(body.substring(0, line), 16);
      chunks.add(body.substring(line + 2, line + 2 + size));
      body = body.substring(line + 2 + size + 2);
    }
    return chunks;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
