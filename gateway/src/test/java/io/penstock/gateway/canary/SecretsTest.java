package io.penstock.gateway.canary;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.ConfigFile;
import io.penstock.config.Loaded;
import io.penstock.config.PenstockConfig;
import io.penstock.gateway.Gateway;
import io.penstock.gateway.RawServer;
import io.penstock.gateway.quirks.Bed;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The secrets of an operator's, and those of clients that {@link CanaryTest} has none of: where the
 * gateway writes and what it shows has none of them. The store is away, a backend is dead and a
 * provider echoes what it was sent, since errors are where secrets get out. And what a request
 * names is asked by nobody: only the config says where the gateway connects to.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SecretsTest {
  private static final String KEY = "sk-secrets-client-key-0001";
  private static final String UPSTREAM = "secrets-upstream-credential-0002";
  private static final String REDIS = "secrets-redis-password-0003";
  private static final String TOKEN = "secrets-admin-token-0004";
  private static final String PROMPT = "secrets-prompt-0005";
  private static final String ANSWER = "secrets-answer-0006";
  private static final String JWT =
      base64("{\"alg\":\"RS256\",\"kid\":\"secrets-kid\"}")
          + "."
          + base64(
              "{\"iss\":\"https://issuer.test\",\"sub\":\"secrets-subject-0007\",\"aud\":\"penstock\"}")
          + ".c2VjcmV0cy1zaWduYXR1cmUtMDAwOA";
  private static final String[] SECRETS = {
    KEY,
    UPSTREAM,
    REDIS,
    TOKEN,
    PROMPT,
    ANSWER,
    JWT,
    JWT.split("\\.")[1],
    JWT.split("\\.")[2],
    "secrets-subject",
  };

  private final AtomicInteger visits = new AtomicInteger();
  private final List<String> errors = new ArrayList<>();
  private final List<String> shown = new ArrayList<>();
  private final List<String> answers = new ArrayList<>();
  private ServerSocket elsewhere;
  private RawServer server;
  private LogCapture log;
  private Path directory;
  private Vertx vertx;
  private Gateway gateway;
  private HttpClient http;

  private static String base64(String text) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(UTF_8));
  }

  @BeforeAll
  void traffic(@TempDir Path folder) throws Exception {
    directory = folder;
    log = LogCapture.start();
    elsewhere = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::countVisits);
    server =
        RawServer.start(exchange -> {
          boolean fails = exchange.body().contains("fail");
          exchange.json(
              fails ? 500 : 200,
              fails
                  ? "{\"error\":{\"message\":\"" + ANSWER + " " + UPSTREAM + " " + PROMPT + "\"}}"
                  : "{\"choices\":[{\"message\":{\"content\":\""
                      + ANSWER
                      + "\"},\"finish_reason\":\"stop\"}]}");
        });
    vertx = Vertx.vertx();
    PenstockConfig config = config();
    gateway = Bed.get(Gateway.start(vertx, config, Gateway.Options.fixed(config)));
    http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    ask(KEY, chat("p", "\"" + PROMPT + "\""));
    ask(KEY, chat("p", image()));
    ask(KEY, chat("http://127.0.0.1:" + elsewhere.getLocalPort(), "\"" + PROMPT + "\""));
    ask(KEY, chat("p", "\"fail " + PROMPT + "\""));
    ask(KEY, chat("dead", "\"" + PROMPT + "\""));
    ask(KEY, "{\"" + PROMPT);
    ask("sk-" + JWT, chat("p", "\"" + PROMPT + "\""));
    ask(JWT, chat("p", "\"" + PROMPT + "\""));
    ask(REDIS, chat("p", "\"" + PROMPT + "\""));
    for (var path :
        List.of(
            "/",
            "/health",
            "/ready",
            "/metrics",
            "/api/pools",
            "/api/tiers",
            "/api/capacity",
            "/api/cache",
            "/api/keys",
            "/api/report?window=1h",
            "/api/dry-run",
            "/api/whatif",
            "/nothing")) {
      administer(path, TOKEN);
      administer(path, "not-the-token");
    }
    Bed.get(gateway.close());
  }

  @AfterAll
  void stop() throws Exception {
    http.close();
    Bed.get(vertx.close());
    server.close();
    elsewhere.close();
    log.close();
  }

  private void countVisits() {
    while (!elsewhere.isClosed()) {
      try (var _ = elsewhere.accept()) {
        visits.incrementAndGet();
      } catch (IOException closed) {
        return;
      }
    }
  }

  private PenstockConfig config() throws Exception {
    Files.writeString(directory.resolve("jwks.json"), "{\"keys\":[]}");
    String hash =
        HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(KEY.getBytes(UTF_8)));
    String yaml =
        """
        server: {host: 127.0.0.1, port: 0, drain-timeout: 1s}
        admin: {host: 127.0.0.1, port: 0, token: "${TOKEN}"}
        tiers: {t: {route: {simple: p, medium: p, complex: p}, pools: [dead]}}
        keys: [{id: k, sha256: "%s", tier: t}]
        jwt: {issuer: "https://issuer.test", jwks: "file:jwks.json", audience: [penstock], default-tier: t}
        pools:
          p: {model: llama-2-7b, context-length: 4096, supports: {vision: true}, url: "%s", key: "${UPSTREAM}"}
          dead: {model: llama-2-7b, context-length: 4096, url: "http://127.0.0.1:1", key: "${UPSTREAM}"}
        cache: {memory: 1MiB, when: always}
        redis: {url: "redis://user:${REDIS}@127.0.0.1:1", timeout: 20ms}
        traffic: {directory: "%s", fsync: 10ms}
        """
            .formatted(hash, server.url(), directory.resolve("journal"));
    var environment = Map.of("TOKEN", TOKEN, "UPSTREAM", UPSTREAM, "REDIS", REDIS);
    var loaded = ConfigFile.parse("test.yaml", yaml, directory, environment::get);
    if (loaded instanceof Loaded.Ok(var config, var _)) {
      shown.add(config.toString());
      return config;
    }
    throw new AssertionError(loaded);
  }

  private static String chat(String model, String content) {
    return "{\"model\":\""
        + model
        + "\",\"temperature\":0,\"messages\":[{\"role\":\"user\",\"content\":"
        + content
        + "}]}";
  }

  private String image() {
    return "[{\"type\":\"text\",\"text\":\""
        + PROMPT
        + "\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"http://127.0.0.1:"
        + elsewhere.getLocalPort()
        + "/secret.png\"}}]";
  }

  private void ask(String key, String body) throws Exception {
    var request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + gateway.port() + "/v1/chat/completions"))
            .timeout(Duration.ofSeconds(60))
            .header("Authorization", "Bearer " + key)
            .header("x-forwarded-host", "127.0.0.1:" + elsewhere.getLocalPort())
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    answers.add(answer.statusCode() + " " + answer.body());
    if (answer.statusCode() != 200) {
      errors.add(answer.headers().map() + "\n" + answer.body());
    }
  }

  private void administer(String path, String token) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + gateway.adminPort() + path))
            .timeout(Duration.ofSeconds(60))
            .header("Authorization", "Bearer " + token)
            .build();
    var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    shown.add(path + " " + answer.statusCode() + answer.headers().map() + "\n" + answer.body());
  }

  @Test
  void traffic_wasAnsweredAndRefusedAndFailed() {
    assertThat(answers).anyMatch(answer -> answer.startsWith("200") && answer.contains(ANSWER));
    for (var status : List.of("400", "401", "404", "502", "503")) {
      assertThat(answers).as(status).anyMatch(answer -> answer.startsWith(status));
    }
    assertThat(server.heads()).anyMatch(head -> head.contains("Bearer " + UPSTREAM));
    assertThat(shown).anyMatch(text -> text.startsWith("/metrics 200"));
    assertThat(shown).anyMatch(text -> text.startsWith("/metrics 401"));
    assertThat(log.lines()).anyMatch(line -> line.contains("redis"));
  }

  @Test
  void secrets_areInNoLog_noError_andNothingThatTheAdminPortShows() {
    for (var texts : List.of(log.lines(), errors, shown)) {
      assertThat(texts).isNotEmpty();
      for (var text : texts) {
        assertThat(text).doesNotContain(SECRETS);
      }
    }
  }

  @Test
  void secrets_areNotInTheJournal_norInAThreadDump() throws IOException {
    try (var files = Files.list(directory.resolve("journal"))) {
      var written = files.filter(file -> Files.isRegularFile(file)).toList();
      assertThat(written).isNotEmpty();
      for (var file : written) {
        assertThat(plain(file)).doesNotContain(SECRETS);
      }
      assertThat(written.stream().map(SecretsTest::plain).toList())
          .anyMatch(text -> text.contains("\"outcome\":\"answered\""));
    }
    var threads = ManagementFactory.getThreadMXBean().dumpAllThreads(true, true);
    assertThat(Arrays.toString(threads)).doesNotContain(SECRETS);
  }

  private static String plain(Path file) {
    try (var in = Files.newInputStream(file)) {
      boolean packed = file.toString().endsWith(".gz");
      return new String(
          (packed ? new java.util.zip.GZIPInputStream(in) : in).readAllBytes(), UTF_8);
    } catch (IOException unreadable) {
      throw new AssertionError(unreadable);
    }
  }

  /** The image goes on to the model server as it came, which may fetch it: that is its own. */
  @Test
  void urls_ofARequest_areAskedByNobody() {
    assertThat(visits).hasValue(0);
    assertThat(server.heads()).isNotEmpty();
  }
}
