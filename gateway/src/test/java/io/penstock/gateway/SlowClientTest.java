package io.penstock.gateway;

import static io.penstock.gateway.TestGateway.pool;
import static io.penstock.gateway.TestGateway.until;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** A client that does not read stops its backend, and fills nobody's memory. */
final class SlowClientTest {
  private static final int CLIENTS = 8;
  private static final int FRAME_BYTES = 64 << 10;
  private static final int FRAMES = 512;
  private static final long WHOLE_BYTES = (long) CLIENTS * FRAMES * FRAME_BYTES;

  @Test
  void aStreamThatNobodyReads_stopsItsBackend_andGoesOnWhenItIsRead() throws IOException {
    AtomicLong sent = new AtomicLong();
    String frame =
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
            + "x".repeat(FRAME_BYTES)
            + "\"}}]}\n\n";
    try (RawServer server =
            RawServer.start(exchange -> {
              exchange.events();
              for (int i = 0; i < FRAMES; i++) {
                exchange.chunk(frame);
                sent.addAndGet(frame.length());
              }
              exchange.chunk("data: [DONE]\n\n");
              exchange.lastChunk();
            });
        TestGateway gateway = TestGateway.start(pool("p", "", server.url()))) {
      List<Socket> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(ask(gateway));
      }
      until(() -> gateway.metric("penstock_inflight") == CLIENTS);
      long stopped = untilItStands(sent);

      // What the two hops' socket buffers hold, and no more: a small part of the whole.
      assertThat(stopped).isLessThan(WHOLE_BYTES / 2);

      long read = 0;
      for (Socket client : clients) {
        read += readAll(client);
      }
      assertThat(read).isGreaterThan(WHOLE_BYTES);
    }
  }

  private static Socket ask(TestGateway gateway) throws IOException {
    Socket client = new Socket();
    client.setReceiveBufferSize(16 << 10);
    client.connect(new InetSocketAddress("127.0.0.1", gateway.port()));
    String body =
        "{\"model\":\"auto\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
    String request =
        "POST /v1/chat/completions HTTP/1.1\r\n"
            + "Host: x\r\n"
            + "Connection: close\r\n"
            + "Authorization: Bearer "
            + TestGateway.KEY
            + "\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body;
    client.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    client.getOutputStream().flush();
    return client;
  }

  /** The value when it has not moved for a while. */
  private static long untilItStands(AtomicLong value) {
    long last = -1;
    int same = 0;
    while (same < 20) {
      LockSupport.parkNanos(50_000_000);
      long now = value.get();
      same = now == last && now > 0 ? same + 1 : 0;
      last = now;
    }
    return last;
  }

  private static long readAll(Socket client) throws IOException {
    try (client) {
      InputStream in = client.getInputStream();
      byte[] buffer = new byte[1 << 16];
      long all = 0;
      int n;
      while ((n = in.read(buffer)) >= 0) {
        all += n;
      }
      return all;
    }
  }
}
