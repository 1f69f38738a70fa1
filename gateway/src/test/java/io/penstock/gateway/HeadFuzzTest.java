package io.penstock.gateway;

import static io.penstock.gateway.TestGateway.pool;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.testing.Fuzz;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Requests with a few bytes changed, over sockets. The gateway may refuse them or cut them off; it
 * must not call them a bug of its own, must go on serving, and what it sends to a model server is
 * one whole request each.
 */
final class HeadFuzzTest {
  private static final int INPUTS = 2000;
  private static final String CHAT =
      "{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  private static final String START =
      "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
          + TestGateway.KEY
          + "\r\nContent-Type: application/json\r\n";
  private static final List<String> CORPUS =
      List.of(
          START + "Content-Length: " + CHAT.length() + "\r\n\r\n" + CHAT,
          START
              + "Transfer-Encoding: chunked\r\n\r\n"
              + Integer.toHexString(CHAT.length())
              + "\r\n"
              + CHAT
              + "\r\n0\r\n\r\n",
          START + "Expect: 100-continue\r\nContent-Length: " + CHAT.length() + "\r\n\r\n" + CHAT,
          START
              + "X-Penstock-Dry-Run: true\r\n"
              + "X-Penstock-Deadline-Ms: 100\r\n"
              + "Connection: close\r\n"
              + "Content-Length: "
              + CHAT.length()
              + "\r\n\r\n"
              + CHAT,
          "GET /v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
              + TestGateway.KEY
              + "\r\n\r\n",
          "GET http://x/v1/models?a=%00b HTTP/1.0\r\nAuthorization: Basic eDp5\r\n\r\n",
          "OPTIONS * HTTP/1.1\r\n"
              + "Host: x\r\n"
              + "Upgrade: h2c\r\n"
              + "Connection: Upgrade, HTTP2-Settings\r\n"
              + "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
          "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] (\\d{3})");
  private static final Pattern LENGTHS =
      Pattern.compile("(?im)^(content-length|transfer-encoding):");

  @Test
  void changedRequests_areServedRefusedOrCutOff_andNothingElseSuffers() throws IOException {
    try (RawServer server =
            RawServer.start(exchange ->
                exchange.json(200, "{\"choices\":[{\"message\":{\"content\":\"a\"}}]}"));
        TestGateway gateway = TestGateway.start(pool("p", "", server.url()))) {
      Fuzz.run(
          INPUTS,
          random -> {
            String answer = raw(gateway, Fuzz.mutated(random, CORPUS));
            for (var status = STATUS.matcher(answer); status.find(); ) {
              assertThat(status.group(1)).as(answer).isNotEqualTo("500");
            }
          });
      assertThat(gateway.chat(CHAT).statusCode()).isEqualTo(200);
      for (String head : server.heads()) {
        assertThat(head).startsWith("POST /v1/chat/completions HTTP/1.1");
        assertThat(LENGTHS.matcher(head).results().count()).as(head).isEqualTo(1);
      }
    }
  }

  /** All that is answered until the gateway closes, for the client has said all. */
  private static String raw(TestGateway gateway, byte[] request) {
    var answer = new StringBuilder();
    try (Socket client = new Socket("127.0.0.1", gateway.port())) {
      client.setSoTimeout((int) TestGateway.PATIENCE.toMillis());
      client.getOutputStream().write(request);
      client.shutdownOutput();
      byte[] some = new byte[8192];
      for (int read = client.getInputStream().read(some);
          read >= 0;
          read = client.getInputStream().read(some)) {
        answer.append(new String(some, 0, read, StandardCharsets.ISO_8859_1));
      }
    } catch (SocketTimeoutException silent) {
      throw new AssertionError("neither answered nor closed: " + answer, silent);
    } catch (IOException cutOff) {
      // As it may.
    }
    return answer.toString();
  }
}
