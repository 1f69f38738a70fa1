package io.penstock.gateway.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.cli.Penstock;
import io.penstock.gateway.testing.RedisServer;
import io.penstock.gateway.testing.TestBed;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two gateways whose keys are in one Redis. */
class RedisKeysTest {
  private static final String BODY =
      "{\"model\":\"small\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

  private final HttpClient http = HttpClient.newHttpClient();
  private RedisServer redis;
  private TestBed one;
  private TestBed other;

  @BeforeEach
  void start() throws Exception {
    redis = RedisServer.start();
    one = gateway();
    other = gateway();
    TestBed.await(() -> loaded(one) && loaded(other));
  }

  private TestBed gateway() throws Exception {
    return TestBed.setup(200)
        .edit(text -> text + "redis: {url: \"" + redis.url() + "\", timeout: 100ms}\n")
        .start();
  }

  private static boolean loaded(TestBed bed) {
    return bed.metric("penstock_store_up", "store=\"keys\"") == 1;
  }

  @AfterEach
  void stop() throws Exception {
    one.close();
    other.close();
    redis.close();
    http.close();
  }

  @Test
  void keyRevokedAtOneGateway_stopsWorkingAtTheOther() throws Exception {
    String key = add(one, "acme-1", "paid");
    TestBed.await(() -> status(other, key) == 200);
    assertThat(status(one, key)).isEqualTo(200);

    admin(one, "POST", "/api/keys", "{\"id\":\"acme-1\",\"tier\":\"free\",\"change\":true}");
    TestBed.await(() -> tier(other, key).equals("free"));

    assertThat(admin(one, "DELETE", "/api/keys/acme-1", "").statusCode()).isEqualTo(200);
    TestBed.await(() -> status(other, key) == 401);
    TestBed.await(() -> status(one, key) == 401);
    assertThat(admin(other, "GET", "/api/keys", "").body()).doesNotContain("acme-1");
  }

  @Test
  void commandLine_addsChangesListsAndRevokes_forBoth(@TempDir Path directory) throws Exception {
    Path config = directory.resolve("penstock.yaml");
    Files.writeString(
        config,
        """
        tiers:
          paid: {route: {simple: p, medium: p, complex: p}}
          free: {route: {simple: p, medium: p, complex: p}}
        pools:
          p: {model: m, url: "http://127.0.0.1:1"}
        redis: {url: "@redis", timeout: 5s}
        """
            .replace("@redis", redis.url()));
    String[] where = {"--config", config.toString()};

    String key = keys("add", "cli-1", "--tier", "paid", "--tenant", "acme", where[0], where[1]);
    TestBed.await(() -> status(one, key) == 200 && status(other, key) == 200);
    keys("add", "cli-1", "--tier", "free", "--tenant", "acme", "--change", where[0], where[1]);
    TestBed.await(() -> tier(one, key).equals("free") && tier(other, key).equals("free"));
    assertThat(keys("list", "--json", where[0], where[1])).contains("cli-1").doesNotContain(key);

    keys("revoke", "cli-1", where[0], where[1]);
    TestBed.await(() -> status(one, key) == 401 && status(other, key) == 401);
    assertThat(keys("list", where[0], where[1])).doesNotContain("cli-1");
  }

  private static String keys(String... arguments) {
    var all = new ArrayList<>(List.of("keys"));
    all.addAll(List.of(arguments));
    var out = new StringWriter();
    int code =
        Penstock.commandLine()
            .setOut(new PrintWriter(out, true))
            .execute(all.toArray(String[]::new));
    assertThat(code).isZero();
    return out.toString().strip();
  }

  /** The message that tells of a change is lost: a gateway looks by itself. */
  @Test
  void keyRevoked_messageLost_isSeenAllTheSame() throws Exception {
    String key = add(one, "acme-1", "paid");
    TestBed.await(() -> status(other, key) == 200);

    String tag = "{penstock:keys}";
    redis.command(
        "EVAL",
        "redis.call('HDEL', KEYS[1], ARGV[1])"
            + " redis.call('ZADD', KEYS[2], redis.call('INCR', KEYS[3]), ARGV[1]) return 1",
        "3",
        tag,
        tag + ":log",
        tag + ":version",
        "acme-1");

    TestBed.await(() -> status(other, key) == 401 && status(one, key) == 401);
  }

  @Test
  void redisGone_knownKeysGoOn_newOnesAndRevocationsWait() throws Exception {
    String key = add(one, "acme-1", "paid");
    TestBed.await(() -> status(other, key) == 200);

    redis.kill();
    TestBed.await(() -> !loaded(one) && !loaded(other));
    assertThat(status(one, key)).isEqualTo(200);
    assertThat(status(other, key)).isEqualTo(200);
    assertThat(admin(one, "DELETE", "/api/keys/acme-1", "").statusCode()).isEqualTo(503);

    redis.restart();
    TestBed.await(() -> loaded(one) && loaded(other));
    assertThat(status(one, key)).as("it came back empty: a loss, no revocation").isEqualTo(200);

    String next = add(other, "acme-2", "paid");
    TestBed.await(() -> status(one, next) == 200);
  }

  @Test
  void gatewayStarted_withManyKeysInTheStore_knowsThemAll() throws Exception {
    String key = add(one, "acme-1", "paid");
    String revoked = add(one, "acme-2", "paid");
    for (int i = 0; i < 1200; i++) {
      var line =
          new JsonObject()
              .put("id", "k" + i)
              .put("sha256", "%064x".formatted(i))
              .put("tier", "paid");
      redis.command("HSET", "{penstock:keys}", "k" + i, line.encode());
    }
    admin(one, "DELETE", "/api/keys/acme-2", "");

    try (var third = gateway()) {
      TestBed.await(() -> status(third, key) == 200);
      assertThat(third.metric("penstock_keys", "source=\"store\"")).isEqualTo(1201);
      assertThat(status(third, revoked)).isEqualTo(401);
    }
  }

  private String add(TestBed bed, String id, String tier) throws Exception {
    var made = admin(bed, "POST", "/api/keys", "{\"id\":\"" + id + "\",\"tier\":\"" + tier + "\"}");
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    return new JsonObject(made.body()).getString("key");
  }

  private HttpResponse<String> admin(TestBed bed, String method, String path, String body)
      throws Exception {
    var url = URI.create("http://127.0.0.1:" + bed.gateway().adminPort() + path);
    return http.send(
        HttpRequest.newBuilder(url)
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private int status(TestBed bed, String key) {
    return ask(bed, key).statusCode();
  }

  private String tier(TestBed bed, String key) {
    return ask(bed, key).headers().firstValue("x-penstock-tier").orElse("");
  }

  private HttpResponse<String> ask(TestBed bed, String key) {
    try {
      return http.send(
          HttpRequest.newBuilder(URI.create(bed.url() + "/v1/chat/completions"))
              .header("authorization", "Bearer " + key)
              .POST(HttpRequest.BodyPublishers.ofString(BODY))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    } catch (Exception broken) {
      throw new AssertionError(broken);
    }
  }
}
