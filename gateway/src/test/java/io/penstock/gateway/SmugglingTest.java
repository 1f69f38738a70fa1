package io.penstock.gateway;

import static io.penstock.gateway.TestGateway.pool;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Requests that two readers could take for different ones. Whatever the gateway makes of such a
 * request, what is hidden in its body must never become a request of its own.
 */
final class SmugglingTest {
  private static final String CHAT =
      "{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  private static final String KEY_LINE = "Authorization: Bearer " + TestGateway.KEY + "\r\n";
  private static final String START =
      "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\n" + KEY_LINE;

  /** What a smuggler hides: it would be answered 200, too. */
  private static final String HIDDEN =
      "POST /v1/chat/completions HTTP/1.1\r\nHost: hidden\r\n"
          + KEY_LINE
          + "Content-Length: "
          + CHAT.length()
          + "\r\n\r\n"
          + CHAT;

  private final AtomicInteger asked = new AtomicInteger();
  private RawServer server;
  private TestGateway gateway;

  @BeforeEach
  void start() throws IOException {
    server =
        RawServer.start(exchange -> {
          asked.incrementAndGet();
          exchange.json(200, "{\"choices\":[{\"message\":{\"content\":\"a\"}}]}");
        });
    gateway = TestGateway.start(pool("p", "", server.url()));
  }

  @AfterEach
  void stop() throws IOException {
    gateway.close();
    server.close();
  }

  /** All that is answered until the gateway closes, for the client has said all. */
  private String raw(String request) throws IOException {
    try (Socket client = new Socket("127.0.0.1", gateway.port())) {
      client.setSoTimeout((int) TestGateway.PATIENCE.toMillis());
      client.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      client.shutdownOutput();
      return new String(client.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException cutOff) {
      return "";
    }
  }

  private static long answers(String text) {
    return List.of(text.split("HTTP/1.1 ", -1)).size() - 1L;
  }

  private void assertRefused(String request) throws IOException {
    String answer = raw(request);
    assertThat(answers(answer)).as(answer).isLessThanOrEqualTo(1);
    assertThat(answer).doesNotContain("HTTP/1.1 200");
    assertThat(asked).hasValue(0);
  }

  @Test
  void aChunkedBodyWithALengthToo_isRefused_andNothingOfItIsARequest() throws IOException {
    assertRefused(
        START + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" + "0\r\n\r\n" + HIDDEN);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 5 5\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length : 5\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "X: a\nContent-Length: 5\r\n",
        "X: a\rContent-Length: 5\r\n",
        "X: a\0b\r\nContent-Length: 5\r\n",
        "X Y: a\r\nContent-Length: 5\r\n"
      })
  void aHeadThatTwoReadersTakeDifferently_hidesNoRequest(String headers) throws IOException {
    assertRefused(START + headers + "\r\n{}   " + HIDDEN);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"-1", "0x2", "2 2", "+2", "g", "", "fffffffff", "2;a=\n", "99999999999999999999"})
  void aChunkWithABadSize_endsTheConnection(String size) throws IOException {
    assertRefused(
        START + "Transfer-Encoding: chunked\r\n\r\n" + size + "\r\n{}\r\n0\r\n\r\n" + HIDDEN);
  }

  @Test
  void aChunkThatIsLongerThanItSays_endsTheConnection() throws IOException {
    assertRefused(START + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}{}{}\r\n0\r\n\r\n" + HIDDEN);
  }
}
