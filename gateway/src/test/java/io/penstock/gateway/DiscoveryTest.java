package io.penstock.gateway;

import static io.penstock.gateway.TestGateway.await;
import static io.penstock.gateway.TestGateway.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.admin.PoolView;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DiscoveryTest {
  private static final String STREAM =
      "{\"model\":\"auto\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  private static final String END =
      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
          + "data: [DONE]\n\n";

  @TempDir private Path directory;
  private final List<AutoCloseable> open = new ArrayList<>();
  private final CountDownLatch goOn = new CountDownLatch(1);

  @AfterEach
  void close() throws Exception {
    goOn.countDown();
    for (AutoCloseable closeable : open.reversed()) {
      closeable.close();
    }
  }

  private <T extends AutoCloseable> T opened(T closeable) {
    open.add(closeable);
    return closeable;
  }

  /** Says its letter, and the rest of its answer when the test goes on. */
  private RawServer server(String letter) throws IOException {
    return opened(
        RawServer.start(exchange -> {
          exchange.events(token(letter));
          goOn.await();
          exchange.chunk(END);
          exchange.lastChunk();
        }));
  }

  private static String token(String letter) {
    return "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + letter + "\"}}]}\n\n";
  }

  private static String pool(String discover) {
    return "p: {model: llama-2-7b, context-length: 4096, discover: {" + discover + "}}\n";
  }

  private TestGateway gateway(String discover) {
    return opened(TestGateway.start(pool(discover)));
  }

  private String inFile() {
    return "every: 20ms, file: " + directory.resolve("p.yaml");
  }

  private void list(String... idsAndUrls) throws IOException {
    StringBuilder text = new StringBuilder("[\n");
    for (int i = 0; i < idsAndUrls.length; i += 2) {
      text.append(
          "  {\"id\": \"%s\", \"url\": \"%s\"},\n".formatted(idsAndUrls[i], idsAndUrls[i + 1]));
    }
    write(text.append("]\n").toString());
  }

  private void write(String text) throws IOException {
    Path beside = Files.writeString(directory.resolve("p.yaml.new"), text);
    Files.move(beside, directory.resolve("p.yaml"), StandardCopyOption.ATOMIC_MOVE);
  }

  private static CompletableFuture<HttpResponse<String>> ask(TestGateway gateway) {
    return gateway
        .client()
        .sendAsync(
            gateway
                .request("/v1/chat/completions")
                .POST(HttpRequest.BodyPublishers.ofString(STREAM))
                .build(),
            HttpResponse.BodyHandlers.ofString());
  }

  /** The backends and their states, as the admin port shows them. */
  private static List<String> backends(TestGateway gateway) {
    return gateway.gateway().controls().pools().stream()
        .map(PoolView::backends)
        .flatMap(List::stream)
        .map(backend -> backend.id() + " " + backend.state())
        .toList();
  }

  @Test
  void file_thatNamesOtherServers_movesNewCalls_andLetsStreamsEnd() throws IOException {
    RawServer old = server("a");
    RawServer fresh = server("b");
    list("a", old.url());
    TestGateway gateway = gateway(inFile());
    var first = ask(gateway);
    until(() -> old.heads().size() == 1);

    list("b", fresh.url());
    until(() -> backends(gateway).equals(List.of("a draining", "b up")));
    var second = ask(gateway);
    until(() -> fresh.heads().size() == 1);
    assertThat(gateway.metric("penstock_inflight")).isEqualTo(2);
    goOn.countDown();

    assertThat(first.join().body()).isEqualTo(token("a") + END);
    assertThat(second.join().body()).isEqualTo(token("b") + END);
    until(() -> backends(gateway).equals(List.of("b up")));
    assertThat(gateway.metric("penstock_backend_up", "backend=\"b\"")).isEqualTo(1);
  }

  @Test
  void serverThatComesBack_whileItsStreamRuns_isTheSameOne() throws IOException {
    RawServer server = server("a");
    RawServer other = server("b");
    list("a", server.url());
    TestGateway gateway = gateway(inFile());
    var stream = ask(gateway);
    until(() -> server.heads().size() == 1);

    list("b", other.url());
    until(() -> backends(gateway).contains("a draining"));
    list("a", server.url(), "b", other.url());
    until(() -> backends(gateway).equals(List.of("a up", "b up")));

    assertThat(gateway.metric("penstock_inflight")).isEqualTo(1);
    goOn.countDown();
    assertThat(stream.join().body()).isEqualTo(token("a") + END);
    until(() -> gateway.metric("penstock_inflight") == 0);
  }

  @Test
  void tornFile_keepsTheLastList_andIsSaidOnce_withItsLine() throws IOException {
    goOn.countDown();
    list("a", server("a").url());
    TestGateway gateway = gateway(inFile());
    Logger logger = Logger.getLogger("io.penstock.gateway.discover.Watch");
    var lines = new CopyOnWriteArrayList<String>();
    Handler handler = handler(lines);
    logger.addHandler(handler);
    open.add(() -> logger.removeHandler(handler));

    write("- {id: a,\n  url: 'http");
    until(() -> !lines.isEmpty());
    assertThat(ask(gateway).join().body()).isEqualTo(token("a") + END);
    list("a", "nowhere:80");
    until(() -> lines.size() > 1);
    list("c", server("c").url());
    until(() -> backends(gateway).equals(List.of("c up")));

    assertThat(lines).hasSize(3);
    assertThat(lines.get(0)).contains("p.yaml:2:").contains("1 backends from before stay");
    assertThat(lines.get(1)).contains("p.yaml:2:").contains("[0].url");
    assertThat(lines.get(2)).contains("1 backends by");
  }

  private static Handler handler(List<String> lines) {
    return new Handler() {
      private final SimpleFormatter formatter = new SimpleFormatter();

      @Override
      public void publish(LogRecord told) {
        lines.add(formatter.formatMessage(told));
      }

      @Override
      public void flush() {}

      @Override
      public void close() {}
    };
  }

  @Test
  void fileThatIsNotThere_andThenIs_bringsThePoolUp() throws IOException {
    goOn.countDown();
    TestGateway gateway = gateway(inFile());

    assertThat(ask(gateway).join().statusCode()).isEqualTo(503);
    assertThat(gateway.gateway().controls().whyNotReady()).hasSize(1);
    list("a", server("a").url());

    until(() -> gateway.gateway().controls().whyNotReady().isEmpty());
    assertThat(ask(gateway).join().body()).isEqualTo(token("a") + END);
  }

  @Test
  void reload_keepsWhatWasFound() throws IOException {
    goOn.countDown();
    list("a", server("a").url());
    TestGateway gateway = gateway(inFile());
    Files.delete(directory.resolve("p.yaml"));

    await(gateway.gateway().reload(TestGateway.config(pool(inFile()))));
    await(
        gateway
            .gateway()
            .reload(TestGateway.config(pool("every: 10ms, " + inFile().substring(13)))));

    assertThat(ask(gateway).join().body()).isEqualTo(token("a") + END);
  }

  @Test
  void name_isAskedAgain_andItsFailureTakesNobodyAway() throws IOException {
    goOn.countDown();
    RawServer server = server("a");
    DnsServer names = opened(DnsServer.start());
    names.addresses("vllm.test", "127.0.0.1");
    int port = URI.create(server.url()).getPort();
    TestGateway gateway =
        gateway(
            "every: 20ms, server: '%s', dns: 'http://vllm.test:%d'"
                .formatted(names.address(), port));

    assertThat(backends(gateway)).containsExactly("127.0.0.1-" + port + " up");
    names.addresses("vllm.test", "127.0.0.1", "127.0.0.2");
    until(() -> backends(gateway).size() == 2);
    for (int error : new int[] {2, 3}) {
      names.fail(error);
      int before = names.asked();
      until(() -> names.asked() > before + 6);
      assertThat(backends(gateway)).hasSize(2);
    }
    names.fail(0);
    names.addresses("vllm.test", "127.0.0.1");
    until(() -> backends(gateway).size() == 1);
    assertThat(ask(gateway).join().body()).isEqualTo(token("a") + END);
  }

  @Test
  void service_namesItsTargets_withoutThoseOfALaterPriority() throws IOException {
    RawServer old = server("a");
    RawServer fresh = server("b");
    int oldPort = URI.create(old.url()).getPort();
    int freshPort = URI.create(fresh.url()).getPort();
    DnsServer names = opened(DnsServer.start());
    names.addresses("host.test", "127.0.0.1");
    names.service("_http._tcp.vllm.test", "host.test", oldPort, -freshPort);
    TestGateway gateway =
        gateway("every: 20ms, server: '%s', srv: _http._tcp.vllm.test".formatted(names.address()));
    var first = ask(gateway);
    until(() -> old.heads().size() == 1);

    names.service("_http._tcp.vllm.test", "host.test", freshPort);
    until(() -> backends(gateway).contains("127.0.0.1-" + freshPort + " up"));
    var second = ask(gateway);
    until(() -> fresh.heads().size() == 1);
    goOn.countDown();

    assertThat(first.join().body()).isEqualTo(token("a") + END);
    assertThat(second.join().body()).isEqualTo(token("b") + END);
  }
}
