package io.penstock.gateway.endtoend;

import static io.penstock.gateway.testing.TestBed.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.penstock.gateway.testing.TestBed;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A second server in the pool, of which only its own word is known. */
final class ProbesTest {
  private final AtomicInteger status = new AtomicInteger(200);
  private final AtomicInteger questions = new AtomicInteger();
  private HttpServer second;
  private TestBed bed;

  @BeforeEach
  void start() throws Exception {
    second = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    second.createContext(
        "/health",
        exchange -> {
          questions.incrementAndGet();
          exchange.sendResponseHeaders(status.get(), -1);
          exchange.close();
        });
    second.start();
    String more =
        ", {id: small-2, url: \"http://127.0.0.1:" + second.getAddress().getPort() + "\"}]";
    bed =
        TestBed.setup(100)
            .edit(text ->
                text.replaceFirst(
                    "(\\{id: small-1, url: [^}]*\\})\\]",
                    "$1" + more + "\n    health: {interval: 50ms}"))
            .start();
  }

  @AfterEach
  void stop() throws Exception {
    bed.close();
    second.stop(0);
  }

  private void awaitUp(boolean up) {
    await(() -> bed.metric("penstock_backend_up", "backend=\"small-2\"") == (up ? 1 : 0));
  }

  @Test
  void server_thatSaysItCannot_isDown_untilItSaysOtherwise() {
    await(() -> questions.get() > 0);
    awaitUp(true);
    status.set(503);
    awaitUp(false);
    status.set(404);
    awaitUp(true);
  }

  @Test
  void server_thatIsGone_isDown_andUpAgainWhereTheConfigAsksNoMore() throws Exception {
    second.stop(0);
    awaitUp(false);
    String without = bed.yaml().replace("    health: {interval: 50ms}\n", "");
    assertThat(without).isNotEqualTo(bed.yaml());
    assertThat(bed.reload(without).statusCode()).isEqualTo(200);
    awaitUp(true);
  }
}
