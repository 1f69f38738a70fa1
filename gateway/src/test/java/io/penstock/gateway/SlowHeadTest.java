package io.penstock.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.testing.Certificates;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients that send the head of a request a byte at a time. */
final class SlowHeadTest {
  private static final String HEAD = "GET /v1/models HTTP/1.1\r\nHost: localhost\r\n";
  private static final String MODELS =
      HEAD + "Authorization: Bearer " + TestGateway.KEY + "\r\n\r\n";
  private static final String CHAT =
      "{\"model\":\"auto\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  private static final String ANSWER =
      "{\"choices\":[{\"message\":{\"content\":\"late\"},\"finish_reason\":\"stop\"}]}";

  @TempDir private Path directory;
  private final CountDownLatch goOn = new CountDownLatch(1);
  private RawServer server;
  private TestGateway gateway;

  @BeforeEach
  void open() throws Exception {
    server =
        RawServer.start(exchange -> {
          goOn.await();
          exchange.json(200, ANSWER);
        });
    gateway = gateway("");
  }

  private TestGateway gateway(String more) {
    return TestGateway.start(
        Gateway.vertx(2),
        TestGateway.config(
            ", head-timeout: 1s" + more, "", TestGateway.pool("p", "", server.url())));
  }

  @AfterEach
  void close() throws Exception {
    goOn.countDown();
    gateway.close();
    server.close();
  }

  private Socket connect() throws IOException {
    var socket = new Socket(InetAddress.getLoopbackAddress(), gateway.port());
    socket.setSoTimeout(60_000);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** Sends a byte every 20 ms, whatever becomes of it, until the other side has closed. */
  private static void dripUntilClosed(Socket socket, String text) throws Exception {
    var dripping =
        Thread.ofVirtual()
            .start(() -> {
              try {
                for (int i = 0; i < 100_000; i++) {
                  socket.getOutputStream().write(text.charAt(Math.min(i, text.length() - 1)));
                  java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
                }
              } catch (IOException closed) {
                // As it should be.
              }
            });
    try {
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    } catch (SocketException reset) {
      // Closed while a byte was on its way.
    }
    socket.close();
    dripping.join();
  }

  /** A whole answer of known length. */
  private static String answer(InputStream in) throws IOException {
    var text = new StringBuilder();
    while (text.indexOf("\r\n\r\n") < 0) {
      text.append((char) in.read());
    }
    String head = text.toString().toLowerCase(java.util.Locale.ROOT);
    int at = head.indexOf("content-length: ") + 16;
    int length = Integer.parseInt(head.substring(at, head.indexOf('\r', at)));
    return text + new String(in.readNBytes(length), StandardCharsets.UTF_8);
  }

  @Test
  void firstHead_thatDrips_isCutOff() throws Exception {
    dripUntilClosed(connect(), HEAD + "X: " + "x".repeat(100));
  }

  @Test
  void connection_withoutAByte_isCutOff() throws Exception {
    try (var socket = connect()) {
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void laterHead_thatDrips_isCutOff_andAnIdleConnectionIsNot() throws Exception {
    try (var idle = connect();
        var dripping = connect()) {
      for (int i = 0; i < 3; i++) {
        send(dripping, MODELS);
        assertThat(answer(dripping.getInputStream())).startsWith("HTTP/1.1 200");
      }
      send(idle, MODELS);
      assertThat(answer(idle.getInputStream())).startsWith("HTTP/1.1 200");

      dripUntilClosed(dripping, HEAD + "X: " + "x".repeat(100));

      send(idle, MODELS);
      assertThat(answer(idle.getInputStream())).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void headSentAhead_whileItsClientIsAnswered_hasItsTimeAfterwards() throws Exception {
    try (var ahead = connect();
        var clock = connect()) {
      send(
          ahead,
          "POST /v1/chat/completions HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer "
              + TestGateway.KEY
              + "\r\nContent-Length: "
              + CHAT.length()
              + "\r\n\r\n"
              + CHAT);
      send(ahead, HEAD.substring(0, 10));
      send(clock, HEAD.substring(0, 10));
      // Its time is over when that of one that is not answered is.
      assertThat(clock.getInputStream().read()).isEqualTo(-1);

      goOn.countDown();
      assertThat(answer(ahead.getInputStream())).contains("late");
      send(ahead, MODELS.substring(10));
      assertThat(answer(ahead.getInputStream())).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void head_overTls_isCutOff_andSoIsAHandshake() throws Exception {
    gateway.close();
    Certificates.make(directory, "tls");
    gateway = gateway(", tls: {certificate: %1$s/tls.crt, key: %1$s/tls.key}".formatted(directory));
    try (var socket = connect()) {
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
    dripUntilClosed(Certificates.connect(gateway.port()), HEAD + "X: " + "x".repeat(100));
    try (var socket = Certificates.connect(gateway.port())) {
      send(socket, MODELS);
      assertThat(answer(socket.getInputStream())).startsWith("HTTP/1.1 200");
    }
  }
}
