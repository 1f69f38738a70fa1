package io.penstock.gateway;

import static io.penstock.gateway.TestGateway.until;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.PenstockConfig;
import io.penstock.gateway.testing.Certificates;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TlsTest {
  private static final String TOKEN = "0123456789abcdef";
  private static final String CHAT =
      "{\"model\":\"auto\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";
  private static final String WORD =
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
  private static final String END =
      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
          + "data: [DONE]\n\n";

  @TempDir private Path directory;
  private final CountDownLatch goOn = new CountDownLatch(1);
  private final List<String> log = new CopyOnWriteArrayList<>();
  private final Logger logger = Logger.getLogger("io.penstock.gateway.tls.PortTls");
  private final Handler listening = new Listening();
  private RawServer server;
  private TestGateway gateway;

  private final class Listening extends Handler {
    @Override
    public void publish(LogRecord said) {
      log.add(new SimpleFormatter().formatMessage(said));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @BeforeEach
  void open() throws Exception {
    logger.addHandler(listening);
    Certificates.make(directory, "first");
    Certificates.make(directory, "second");
    exchange("first", "first");
    server =
        RawServer.start(exchange -> {
          exchange.events(WORD);
          goOn.await();
          exchange.chunk(END);
          exchange.lastChunk();
        });
    gateway = TestGateway.start(Gateway.vertx(2), config("tls"));
  }

  @AfterEach
  void close() throws Exception {
    goOn.countDown();
    gateway.close();
    server.close();
    logger.removeHandler(listening);
  }

  private PenstockConfig config(String pair) {
    String tls =
        ", tls: {certificate: %1$s/%2$s.crt, key: %1$s/%2$s.key}".formatted(directory, pair);
    return TestGateway.config(
        tls, tls + ", token: file:" + token(), TestGateway.pool("p", "", server.url()));
  }

  private Path token() {
    try {
      return Files.writeString(directory.resolve("token"), TOKEN + "\n");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Each file at once, one after the other, as a tool that renews does it. */
  private void exchange(String certificate, String key) throws IOException {
    put(certificate + ".crt", "tls.crt");
    put(key + ".key", "tls.key");
  }

  private void put(String from, String to) throws IOException {
    Path beside = directory.resolve(to + ".new");
    Files.copy(directory.resolve(from), beside, StandardCopyOption.REPLACE_EXISTING);
    Files.move(
        beside,
        directory.resolve(to),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  private boolean isShown(int port, String name) {
    try {
      return Certificates.shown(port).equals("CN=" + name);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private HttpResponse<String> ask(HttpClient.Version version, int port, String path, String token)
      throws Exception {
    try (var client =
        HttpClient.newBuilder()
            .version(version)
            .sslContext(Certificates.trustingAll())
            .connectTimeout(TestGateway.PATIENCE)
            .build()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + path))
              .timeout(TestGateway.PATIENCE)
              .header("Authorization", "Bearer " + token)
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  @Test
  void bothPorts_overTls_answerInEachVersionOfHttp() throws Exception {
    for (var version : List.of(HttpClient.Version.HTTP_1_1, HttpClient.Version.HTTP_2)) {
      var models = ask(version, gateway.port(), "/v1/models", TestGateway.KEY);
      assertThat(models.statusCode()).isEqualTo(200);
      assertThat(models.version()).isEqualTo(version);
      var pools = ask(version, gateway.gateway().adminPort(), "/api/pools", TOKEN);
      assertThat(pools.statusCode()).isEqualTo(200);
      assertThat(pools.version()).isEqualTo(version);
    }
    assertThat(gateway.metric("penstock_tls_certificate_until_seconds", "port=\"data\""))
        .isGreaterThan(System.currentTimeMillis() / 1000.0);
  }

  @Test
  void pairExchanged_newConnectionsSeeIt_andAStreamInFlightEndsWhole() throws Exception {
    try (var stream = Certificates.connect(gateway.port())) {
      stream
          .getOutputStream()
          .write(
              ("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                      + TestGateway.KEY
                      + "\r\nContent-Length: "
                      + CHAT.length()
                      + "\r\nConnection: close\r\n\r\n"
                      + CHAT)
                  .getBytes(US_ASCII));
      var in = new BufferedReader(new InputStreamReader(stream.getInputStream(), US_ASCII));
      while (!in.readLine().contains("\"content\":\"a\"")) {
        // The head and the frames before it.
      }

      exchange("second", "second");
      // Each loop has a listener of its own: new connections go to one or the other.
      for (int i = 0; i < 20; i++) {
        until(() -> isShown(gateway.port(), "second"));
      }
      until(() -> isShown(gateway.gateway().adminPort(), "second"));
      goOn.countDown();

      assertThat(in.lines().toList()).contains("data: [DONE]");
    }
    assertThat(ask(HttpClient.Version.HTTP_2, gateway.port(), "/v1/models", TestGateway.KEY))
        .satisfies(answer -> {
          assertThat(answer.statusCode()).isEqualTo(200);
          assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
        });
  }

  @Test
  void pairThatDoesNotBelongTogether_isSaidOnce_andTheOneFromBeforeStays() throws Exception {
    exchange("second", "first");
    until(() -> complaints("data").size() == 1 && complaints("admin").size() == 1);
    assertThat(complaints("data").getFirst())
        .contains("tls.key does not belong to the first certificate", "from before stays");
    assertThat(isShown(gateway.port(), "first")).isTrue();

    Files.writeString(directory.resolve("tls.crt"), "-----BEGIN CERTIFICATE-----\ntorn");
    until(() -> complaints("data").size() == 2 && complaints("admin").size() == 2);
    assertThat(isShown(gateway.port(), "first")).isTrue();

    exchange("second", "second");
    until(() -> isShown(gateway.port(), "second"));
    assertThat(complaints("data")).hasSize(2);
    assertThat(complaints("admin")).hasSize(2);
  }

  private List<String> complaints(String port) {
    return log.stream().filter(line -> line.startsWith(port) && line.contains("stays")).toList();
  }

  @Test
  void reload_toOtherFiles_servesThem() {
    TestGateway.await(gateway.gateway().reload(config("second")));
    until(() -> isShown(gateway.port(), "second"));
    until(() -> isShown(gateway.gateway().adminPort(), "second"));
  }
}
