package io.penstock.gateway;

import static io.penstock.gateway.TestGateway.pool;
import static io.penstock.gateway.TestGateway.until;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client that goes away cancels the work at the model server, however far it is. */
final class ClientGoneTest {
  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable closeable : open.reversed()) {
      closeable.close();
    }
  }

  private <T extends AutoCloseable> T opened(T closeable) {
    open.add(closeable);
    return closeable;
  }

  private static String body(boolean stream) {
    return "{\"model\":\"auto\",\"stream\":"
        + stream
        + ",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  }

  private static Socket send(TestGateway gateway, String body, int ofIt) throws IOException {
    Socket client = new Socket("127.0.0.1", gateway.port());
    String head =
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
            + TestGateway.KEY
            + "\r\nContent-Type: application/json\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n";
    client
        .getOutputStream()
        .write((head + body.substring(0, ofIt)).getBytes(StandardCharsets.UTF_8));
    client.getOutputStream().flush();
    return client;
  }

  private static void requireCancelled(TestGateway gateway, String state) {
    until(() -> gateway.metric("penstock_requests_total", "outcome=\"cancelled\"") == 1);
    if (!state.equals("reading")) {
      assertThat(gateway.metric("penstock_cancelled_total", "state=\"" + state + "\""))
          .isEqualTo(1);
    }
  }

  @Test
  void whileItsBodyIsRead_nothingIsSentToABackend() throws IOException {
    RawServer server = opened(RawServer.start(RawServer.Exchange::untilGone));
    TestGateway gateway = opened(TestGateway.start(pool("p", "", server.url())));
    Socket client = send(gateway, body(false), 10);
    until(() -> gateway.metric("penstock_accepted_total") == 1);

    client.close();

    requireCancelled(gateway, "reading");
    assertThat(server.connections()).isZero();
  }

  @Test
  void whileTheBackendIsConnectedTo_theCallEnds() throws IOException {
    // A listener whose backlog is full lets a connection hang.
    ServerSocket full = opened(new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1")));
    for (int i = 0; i < 3; i++) {
      Socket filler = opened(new Socket());
      try {
        filler.connect(new InetSocketAddress("127.0.0.1", full.getLocalPort()), 200);
      } catch (IOException hangs) {
        break;
      }
    }
    String url = "http://127.0.0.1:" + full.getLocalPort();
    TestGateway gateway = opened(TestGateway.start(pool("p", "timeouts: {connect: 60s}", url)));
    Socket client = send(gateway, body(false), body(false).length());
    until(() -> gateway.metric("penstock_inflight") == 1);

    client.close();

    requireCancelled(gateway, "connecting");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void whileTheFirstTokenIsWaitedFor_theBackendSeesIt(boolean stream) throws IOException {
    RawServer server = opened(RawServer.start(RawServer.Exchange::untilGone));
    TestGateway gateway = opened(TestGateway.start(pool("p", "", server.url())));
    Socket client = send(gateway, body(stream), body(stream).length());
    until(() -> server.heads().size() == 1);

    client.close();

    until(() -> server.gone() == 1);
    requireCancelled(gateway, "waiting");
    assertThat(gateway.metric("penstock_tokens_total", "direction=\"prompt\"")).isPositive();
  }

  @Test
  void whileTheHeadIsHere_butNoToken_theBackendSeesIt() throws IOException {
    RawServer server =
        opened(
            RawServer.start(exchange -> {
              exchange.events(": waiting\n\n");
              exchange.untilGone();
            }));
    TestGateway gateway = opened(TestGateway.start(pool("p", "", server.url())));
    Socket client = send(gateway, body(true), body(true).length());
    until(() -> server.heads().size() == 1);

    client.close();

    until(() -> server.gone() == 1);
    requireCancelled(gateway, "waiting");
  }

  @Test
  void whileItStreams_theBackendSeesIt_andWhatCameIsAccounted() throws IOException {
    RawServer server =
        opened(
            RawServer.start(exchange -> {
              exchange.events(
                  "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n",
                  "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"b\"}}]}\n\n");
              exchange.untilGone();
            }));
    TestGateway gateway = opened(TestGateway.start(pool("p", "", server.url())));
    Socket client = send(gateway, body(true), body(true).length());
    InputStream in = client.getInputStream();
    StringBuilder seen = new StringBuilder();
    while (!seen.toString().contains("\"b\"")) {
      seen.append((char) in.read());
    }

    client.close();

    until(() -> server.gone() == 1);
    requireCancelled(gateway, "streaming");
    assertThat(gateway.metric("penstock_tokens_total", "direction=\"completion\"")).isEqualTo(2);
  }
}
