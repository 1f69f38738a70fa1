package io.penstock.loadtest.mock;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FastMockTest {
  private static final String WHOLE = post("{\"model\":\"x\"}");
  private static final String STREAM = post("{\"model\":\"x\",\"stream\":true}");
  private FastMock mock;

  @BeforeEach
  void start() throws Exception {
    mock = FastMock.start(FastMock.Options.defaults().withFrames(5, 1));
  }

  @AfterEach
  void close() {
    mock.close();
  }

  @Test
  void whole_isAboutAKilobyteOfValidJson() throws Exception {
    try (var socket = new Socket("127.0.0.1", mock.port())) {
      socket.getOutputStream().write(WHOLE.getBytes(StandardCharsets.UTF_8));
      String answer = until(socket, "}}");
      String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
      assertThat(answer).contains("content-length: " + body.length());
      assertThat(new JsonObject(body).getJsonObject("usage").getInteger("completion_tokens"))
          .isEqualTo(160);
      assertThat(body.length()).isBetween(900, 1200);
    }
  }

  @Test
  void pipelined_areBothAnswered() throws Exception {
    try (var socket = new Socket("127.0.0.1", mock.port())) {
      socket
          .getOutputStream()
          .write(
              (WHOLE + "GET /x HTTP/1.1\r\nhost: x\r\n\r\n" + WHOLE)
                  .getBytes(StandardCharsets.UTF_8));
      String answers = until(socket, "}}") + until(socket, "}}") + until(socket, "}}");
      assertThat(answers.split("HTTP/1.1 200 OK")).hasSize(4);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 50})
  void request_inPieces_isAnswered(int pieceBytes) throws Exception {
    try (var socket = new Socket("127.0.0.1", mock.port())) {
      socket.setTcpNoDelay(true);
      byte[] bytes = STREAM.getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < bytes.length; i += pieceBytes) {
        socket.getOutputStream().write(bytes, i, Math.min(pieceBytes, bytes.length - i));
        socket.getOutputStream().flush();
      }
      assertThat(until(socket, "\r\n0\r\n\r\n").split("\"content\":\" water\"")).hasSize(6);
    }
  }

  private static String post(String body) {
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private static String until(Socket socket, String end) throws IOException {
    socket.setSoTimeout(30_000);
    var read = new StringBuilder();
    while (read.indexOf(end) < 0) {
      int next = socket.getInputStream().read();
      assertThat(next).as("closed after %s", read).isNotNegative();
      read.append((char) next);
    }
    return read.toString();
  }
}
