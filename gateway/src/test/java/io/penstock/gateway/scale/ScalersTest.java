package io.penstock.gateway.scale;

import static io.penstock.gateway.testing.TestBed.await;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.penstock.config.PenstockConfig;
import io.penstock.gateway.capacity.Capacities;
import io.penstock.gateway.cost.Replicas;
import io.penstock.gateway.testing.TestBed;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real programs and a real HTTP server are told what a pool should have. */
class ScalersTest {
  private static final String CONFIG =
      """
      tiers:
        all: {route: {simple: pool, medium: pool, complex: pool}}
      keys: [{id: all, sha256: "${ALL}", tier: all}]
      pools:
        pool:
          model: llama-2-7b
          url: "http://127.0.0.1:1"
          slo: {ttft: 2s, tpot: 100ms}
          capacity:
            gpu: l4
            min: 2
            max: 5
            scaling: {window: 10s, controller: CONTROLLER}
      """;

  @TempDir private Path directory;

  /** A gateway's pool with that controller, on a clock that the test turns. */
  private static final class Told {
    private final PenstockConfig config;
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final Capacities capacities = new Capacities(Optional.empty());
    private final Scalers scalers = new Scalers(meters, capacities);
    private double nowSeconds = 1000;

    Told(String controller) {
      config = TestBed.parse(CONFIG.replace("CONTROLLER", controller));
      var replicas = new Replicas(config, config.catalog(), capacities::replica);
      capacities.reload(config, replicas::deployment);
      scalers.reload(config);
    }

    /** So much later, after so many calls. */
    void look(double seconds, int arrived) {
      nowSeconds += seconds;
      var pool = Objects.requireNonNull(config.pools().get("pool"));
      for (int i = 0; i < arrived; i++) {
        capacities.arrived(pool);
      }
      capacities.look(nowSeconds, (long) nowSeconds, _ -> new Capacities.Standing(2, 0));
      scalers.act(nowSeconds);
    }

    double count(String result) {
      return meters.get("penstock.scale.actions").tag("result", result).counter().count();
    }

    double told() {
      return meters.get("penstock.scale.told.replicas").gauge().value();
    }
  }

  private static String lines(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException unreadable) {
      throw new AssertionError(unreadable);
    }
  }

  @Test
  void command_isToldMoreAtOnce_andFewerAfterTheWindow_withinMinAndMax() {
    Path file = directory.resolve("told");
    var pool =
        new Told(
            "{command: [sh, -c, 'echo \"$PENSTOCK_POOL $PENSTOCK_REPLICAS\" >> \"$0\"', \"%s\"]}"
                .formatted(file));

    pool.look(0, 0);
    await(() -> lines(file).equals("pool 2\n"));
    await(() -> pool.told() == 2);
    pool.look(2, 100_000);
    await(() -> lines(file).equals("pool 2\npool 5\n"));
    await(() -> pool.told() == 5);
    await(() -> {
      pool.look(60, 0);
      return lines(file).endsWith("pool 2\n");
    });
    assertThat(lines(file)).doesNotContain("pool 1\n").doesNotContain("pool 0\n");
    assertThat(pool.count("failed")).isZero();
  }

  @Test
  void command_thatFails_isCounted_andToldAgainLater() {
    Path allowed = directory.resolve("allowed");
    var pool = new Told("{command: [test, -e, \"%s\"]}".formatted(allowed));

    pool.look(0, 0);
    await(() -> pool.count("failed") == 1);
    assertThat(pool.told()).isEqualTo(-1);
    pool.look(1, 0);
    pool.look(1.5, 0);
    await(() -> pool.count("failed") == 2);
    assertThat(allowed.toFile().mkdir()).isTrue();
    pool.look(60, 0);
    await(() -> pool.count("done") == 1);
    await(() -> pool.told() == 2);
  }

  @Test
  void command_thatDoesNotEnd_isEnded() {
    var pool = new Told("{command: [sleep, \"1000\"], timeout: 50ms}");

    pool.look(0, 0);

    await(() -> pool.count("failed") == 1);
    await(() -> ProcessHandle.current().children().noneMatch(ScalersTest::sleeps));
  }

  private static boolean sleeps(ProcessHandle child) {
    return child.isAlive() && child.info().commandLine().orElse("").endsWith("sleep 1000");
  }

  @Test
  void program_thatIsNotThere_isAFailure() {
    var pool = new Told("{command: [\"%s\"]}".formatted(directory.resolve("nothing")));

    pool.look(0, 0);

    await(() -> pool.count("failed") == 1);
  }

  @Test
  void deployment_isPatchedAsTheServiceAccount() throws Exception {
    Path account = Files.createDirectory(directory.resolve("account"));
    SSLContext tls = certified(account.resolve("ca.crt"));
    Files.writeString(account.resolve("token"), "the-token\n");
    Files.writeString(account.resolve("namespace"), "models");
    var server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    List<String> asked = recording(server, 200);
    try {
      var pool =
          new Told(
              "{kubernetes: {deployment: small, url: \"https://127.0.0.1:%d\","
                      .formatted(server.getAddress().getPort())
                  + " service-account: \""
                  + account
                  + "\"}}");
      pool.look(0, 0);

      await(() -> pool.told() == 2);
      assertThat(asked)
          .containsExactly(
              "PATCH /apis/apps/v1/namespaces/models/deployments/small/scale Bearer the-token"
                  + " application/merge-patch+json {\"spec\":{\"replicas\":2}}");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void deployment_thatMayNotBeScaled_isAFailure() throws Exception {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    recording(server, 403);
    try {
      var pool =
          new Told(
              "{kubernetes: {namespace: models, deployment: small, url:"
                  + " \"http://127.0.0.1:%d\", service-account: \"%s\"}}"
                      .formatted(server.getAddress().getPort(), directory));
      pool.look(0, 0);

      await(() -> pool.count("failed") == 1);
      assertThat(pool.told()).isEqualTo(-1);
    } finally {
      server.stop(0);
    }
  }

  private static List<String> recording(HttpServer server, int status) {
    List<String> asked = new CopyOnWriteArrayList<>();
    server.createContext(
        "/",
        exchange -> {
          asked.add(shown(exchange));
          exchange.sendResponseHeaders(status, -1);
          exchange.close();
        });
    server.start();
    return asked;
  }

  private static String shown(HttpExchange exchange) throws IOException {
    return exchange.getRequestMethod()
        + ' '
        + exchange.getRequestURI()
        + ' '
        + exchange.getRequestHeaders().getFirst("Authorization")
        + ' '
        + exchange.getRequestHeaders().getFirst("Content-Type")
        + ' '
        + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
  }

  /** A server's TLS with a certificate of its own, which is written there as PEM. */
  private SSLContext certified(Path pem) throws Exception {
    Path keys = directory.resolve("keys.p12");
    keytool("-genkeypair", "-keyalg", "EC", "-dname", "CN=test", "-ext", "san=ip:127.0.0.1", keys);
    keytool("-exportcert", "-rfc", "-file", pem.toString(), keys);
    var store = KeyStore.getInstance("PKCS12");
    try (InputStream file = Files.newInputStream(keys)) {
      store.load(file, "secret".toCharArray());
    }
    var factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, "secret".toCharArray());
    var context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    return context;
  }

  private void keytool(Object... words) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    for (int i = 0; i < words.length - 1; i++) {
      command.add(words[i].toString());
    }
    command.addAll(
        List.of("-keystore", words[words.length - 1].toString(), "-storepass", "secret"));
    var process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("keytool.log").toFile())
            .start();
    assertThat(process.waitFor()).as(lines(directory.resolve("keytool.log"))).isZero();
  }
}
