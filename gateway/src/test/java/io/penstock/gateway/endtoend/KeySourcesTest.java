package io.penstock.gateway.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.ApiKey;
import io.penstock.gateway.authenticate.KeysFile;
import io.penstock.gateway.cli.Penstock;
import io.penstock.gateway.testing.TestBed;
import io.vertx.core.json.JsonObject;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys that come and go while a gateway runs. */
class KeySourcesTest {
  private static final String BODY =
      "{\"model\":\"small\",\"max_tokens\":1,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";

  @TempDir private Path directory;
  private final HttpClient http = HttpClient.newHttpClient();
  private Path file;
  private KeysFile keys;
  private TestBed bed;

  @BeforeEach
  void start() throws Exception {
    file = directory.resolve("keys.jsonl");
    keys = new KeysFile(file);
    keys.add(key("first", "free"));
    bed =
        TestBed.setup(200)
            .edit(text -> text.replace("\npools:\n", "\nkeys-file: " + file + "\npools:\n"))
            .start();
  }

  @AfterEach
  void stop() throws Exception {
    bed.close();
    http.close();
  }

  @Test
  void fileChanged_keysFollowWithoutAReload() throws Exception {
    assertThat(ask("first").statusCode()).isEqualTo(200);
    assertThat(ask("second").statusCode()).isEqualTo(401);

    keys.add(key("second", "paid"));
    TestBed.await(() -> status("second") == 200);
    assertThat(ask("second").headers().firstValue("x-penstock-tier")).contains("paid");

    keys.revoke("second");
    TestBed.await(() -> status("second") == 401);
    assertThat(ask("first").statusCode()).isEqualTo(200);
  }

  @Test
  void fileTorn_lastGoodKeysServeOn_untilItIsMended() throws Exception {
    String good = Files.readString(file);
    Files.writeString(
        file, good + "{\"id\":\"second\",\"sha2", StandardOpenOption.TRUNCATE_EXISTING);

    TestBed.await(() -> bed.metric("penstock_store_up", "store=\"keys-file\"") == 0);
    assertThat(ask("first").statusCode()).isEqualTo(200);

    keys = new KeysFile(directory.resolve("beside"));
    keys.add(key("second", "paid"));
    Files.move(
        directory.resolve("beside"), file, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    TestBed.await(() -> status("second") == 200);
    assertThat(ask("first").statusCode()).isEqualTo(401);
    assertThat(bed.metric("penstock_store_up", "store=\"keys-file\"")).isEqualTo(1);
    assertThat(bed.metric("penstock_keys", "source=\"file\"")).isEqualTo(1);
  }

  @Test
  void fileGone_lastGoodKeysServeOn() throws Exception {
    Files.delete(file);

    TestBed.await(() -> bed.metric("penstock_store_up", "store=\"keys-file\"") == 0);
    assertThat(ask("first").statusCode()).isEqualTo(200);
  }

  @Test
  void keyExpired_isToldSo() throws Exception {
    keys.add(
        new ApiKey(
            "old",
            sha256("old"),
            "free",
            "t",
            Optional.empty(),
            Optional.of(Instant.now().minusSeconds(1))));

    TestBed.await(() -> bed.metric("penstock_keys", "source=\"file\"") == 2);
    var refused = ask("old");
    assertThat(refused.statusCode()).isEqualTo(401);
    assertThat(refused.body()).contains("invalid_api_key", "has expired");
  }

  @Test
  void keyOfATierThatIsGone_isRefusedWithTheReason() throws Exception {
    keys.add(key("lost", "platinum"));

    TestBed.await(() -> bed.metric("penstock_keys", "source=\"file\"") == 2);
    assertThat(ask("lost").body()).contains("invalid_api_key", "tier is not known");
  }

  @Test
  void adminApi_addsChangesListsAndRevokes() throws Exception {
    var made =
        admin("POST", "/api/keys", "{\"id\":\"acme-1\",\"tier\":\"paid\",\"tenant\":\"acme\"}");
    assertThat(made.statusCode()).isEqualTo(201);
    String secret = new JsonObject(made.body()).getString("key");
    assertThat(secret).hasSizeGreaterThan(40);
    TestBed.await(() -> status(secret) == 200);
    assertThat(admin("POST", "/api/keys", "{\"id\":\"acme-1\",\"tier\":\"paid\"}").statusCode())
        .isEqualTo(409);

    var change = "{\"id\":\"acme-1\",\"tier\":\"free\",\"label\":\"Acme\",\"change\":true}";
    assertThat(admin("POST", "/api/keys", change).statusCode()).isEqualTo(200);
    TestBed.await(() -> tierOf(secret).equals("free"));

    var listed = admin("GET", "/api/keys", "").body();
    assertThat(listed).contains("acme-1", "Acme", "first").doesNotContain(secret, sha256(secret));

    assertThat(admin("DELETE", "/api/keys/acme-1", "").statusCode()).isEqualTo(200);
    assertThat(admin("DELETE", "/api/keys/acme-1", "").statusCode()).isEqualTo(404);
    TestBed.await(() -> status(secret) == 401);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "no json",
        "[]",
        "{\"id\":\"a b\",\"tier\":\"paid\"}",
        "{\"id\":\"a\",\"tier\":\"gold\"}",
        "{\"id\":\"a\",\"tier\":\"paid\",\"change\":\"yes\"}",
        "{\"id\":\"a\",\"tier\":\"paid\",\"expires\":\"soon\"}",
        "{\"id\":\"a\",\"tier\":\"paid\",\"sha256\":\"00\"}"
      })
  void adminApi_wrongBody_is400(String body) throws Exception {
    assertThat(admin("POST", "/api/keys", body).statusCode()).as(body).isEqualTo(400);
    assertThat(keys.list()).hasSize(1);
  }

  @Test
  void commandLine_addsChangesListsAndRevokes() throws Exception {
    Path config = directory.resolve("penstock.yaml");
    Files.writeString(
        config,
        """
        tiers:
          paid: {route: {simple: p, medium: p, complex: p}}
        keys-file: keys.jsonl
        pools:
          p: {model: m, url: "http://127.0.0.1:1"}
        """);
    String[] where = {"--config", config.toString()};

    var added =
        run("keys", "add", "cli-1", "--tier", "paid", "--expires", "90d", where[0], where[1]);
    assertThat(added.code()).as(added.err()).isZero();
    String secret = added.out().strip();
    TestBed.await(() -> status(secret) == 200);
    var again = run("keys", "add", "cli-1", "--tier", "paid", where[0], where[1]);
    assertThat(again.code()).isEqualTo(1);
    assertThat(again.err()).contains("there is a key 'cli-1'");
    assertThat(run("keys", "add", "x", "--tier", "gold", where[0], where[1]).code()).isEqualTo(1);
    assertThat(run("keys", "add", "x y", "--tier", "paid", where[0], where[1]).code()).isEqualTo(2);
    assertThat(
            run("keys", "add", "x", "--tier", "paid", "--expires", "soon", where[0], where[1])
                .code())
        .isEqualTo(2);

    var listed = run("keys", "list", "--json", where[0], where[1]);
    assertThat(listed.out()).contains("cli-1", "\"expired\" : false").doesNotContain(secret);
    assertThat(run("keys", "list", where[0], where[1]).out()).contains("cli-1", "first");

    assertThat(run("keys", "revoke", "cli-1", where[0], where[1]).code()).isZero();
    assertThat(run("keys", "revoke", "cli-1", where[0], where[1]).code()).isEqualTo(1);
    TestBed.await(() -> status(secret) == 401);
  }

  private record Ran(int code, String out, String err) {}

  private static Ran run(String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    int code =
        Penstock.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(arguments);
    return new Ran(code, out.toString(), err.toString());
  }

  private HttpResponse<String> admin(String method, String path, String body) throws Exception {
    var url = URI.create("http://127.0.0.1:" + bed.gateway().adminPort() + path);
    return http.send(
        HttpRequest.newBuilder(url)
            .method(method, HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private String tierOf(String secret) {
    try {
      return ask(secret).headers().firstValue("x-penstock-tier").orElse("");
    } catch (Exception broken) {
      throw new AssertionError(broken);
    }
  }

  private int status(String secret) {
    try {
      return ask(secret).statusCode();
    } catch (Exception broken) {
      throw new AssertionError(broken);
    }
  }

  private HttpResponse<String> ask(String secret) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(bed.url() + "/v1/chat/completions"))
            .header("authorization", "Bearer " + secret)
            .POST(HttpRequest.BodyPublishers.ofString(BODY))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static ApiKey key(String secret, String tier) throws Exception {
    return new ApiKey(secret, sha256(secret), tier, "tenant");
  }

  private static String sha256(String secret) throws Exception {
    var digest = MessageDigest.getInstance("SHA-256");
    return HexFormat.of().formatHex(digest.digest(secret.getBytes(StandardCharsets.UTF_8)));
  }
}
