package io.penstock.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonObject;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands as processes: what they print, how they end, which signals they hear. */
final class ProcessTest {
  private static final String CHAT =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"max_tokens\":4}";
  private static final String CONFIG =
      """
      server: {host: 127.0.0.1, port: 0}
      admin: {port: 0}
      tiers:
        free: {route: {simple: small, medium: small, complex: small}}
      keys:
        - {id: one, sha256: "%s", tier: free}
      pools:
        small:
          model: llama-2-7b
          backends: [{id: small-1, url: "%s"}]
      """;
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  @TempDir private Path folder;

  @AfterAll
  static void close() {
    CLIENT.close();
  }

  @Test
  void demo_printsItsLines_answersEachKey_andEndsWell() throws Exception {
    try (var demo = demo("--no-traffic")) {
      var said = demo.untilReady();
      assertThat(said).hasSize(7);
      assertThat(said.get(0)).matches("gateway http://127\\.0\\.0\\.1:\\d+");
      assertThat(said.get(1)).matches("admin http://127\\.0\\.0\\.1:\\d+");
      assertThat(said.get(2)).matches("key free \\S+");
      assertThat(said.get(3)).matches("key paid \\S+");
      assertThat(said.get(4)).matches("key enterprise \\S+");
      assertThat(said.get(5)).startsWith("curl ").contains(second(said.get(0)));
      for (var line : said.subList(2, 5)) {
        var answer = chat(second(said.get(0)), third(line));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("x-penstock-tier")).contains(second(line));
      }
      assertThat(get(second(said.get(1)) + "/ready").statusCode()).isEqualTo(200);
      demo.signal("TERM");
      assertThat(demo.code()).isZero();
      assertThat(demo.restOfOut()).isEmpty();
    }
  }

  @Test
  void demo_theCurlLineThatItPrints_works() throws Exception {
    try (var demo = demo("--no-traffic")) {
      var curl = demo.untilReady().get(5);
      var process = new ProcessBuilder("bash", "-c", curl + " --fail --max-time 60").start();
      var body = new String(process.getInputStream().readAllBytes());
      assertThat(process.waitFor()).isZero();
      assertThat(new JsonObject(body).getString("object")).isEqualTo("chat.completion");
    }
  }

  @Test
  void demo_makesTrafficByItself_andEndsWhileItRuns() throws Exception {
    try (var demo = demo()) {
      var admin = second(demo.untilReady().get(1));
      while (accepted(admin) < 3) {
        assertThat(get(admin + "/health").statusCode()).isEqualTo(200);
      }
      assertThat(get(admin + "/api/pools").body()).contains("\"small-1\"");
      demo.signal("TERM");
      assertThat(demo.code()).isZero();
      assertThat(demo.restOfErr()).isEmpty();
    }
  }

  @Test
  void demo_forATime_endsByItself() throws Exception {
    try (var demo = demo("--no-traffic", "--for", "100ms")) {
      assertThat(demo.code()).isZero();
    }
  }

  @Test
  void serve_withABrokenConfig_printsEveryErrorAndExitsWith1() throws Exception {
    Path file = Files.writeString(folder.resolve("broken.yaml"), "tiers: 3\npols: {}\n");
    try (var serve = serve(file)) {
      assertThat(serve.code()).isEqualTo(1);
      assertThat(serve.restOfErr())
          .anyMatch(line -> line.startsWith(file + ":1:8: tiers: "))
          .anyMatch(line -> line.startsWith(file + ":2:1: ") && line.contains("pools"));
      assertThat(serve.restOfOut()).isEmpty();
    }
  }

  @Test
  void serve_onAPortInUse_saysSoInOneLineAndExitsWith3() throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Path file = config("unused", "http://127.0.0.1:1");
      try (var serve = serve(file, "--port", String.valueOf(taken.getLocalPort()))) {
        assertThat(serve.code()).isEqualTo(3);
        assertThat(serve.restOfErr())
            .singleElement()
            .asString()
            .contains("127.0.0.1:" + taken.getLocalPort(), "--port");
      }
    }
  }

  @Test
  void serve_onSighup_takesTheNewConfig_andKeepsTheOldOneOnAnError() throws Exception {
    Path file = config("old", "http://127.0.0.1:1");
    try (var serve = serve(file)) {
      var gateway = second(serve.untilReady().get(0));
      assertThat(models(gateway, "old")).isEqualTo(200);
      assertThat(models(gateway, "new")).isEqualTo(401);

      config("new", "http://127.0.0.1:1");
      serve.signal("HUP");
      serve.complaint("read again and serves");
      assertThat(models(gateway, "new")).isEqualTo(200);
      assertThat(models(gateway, "old")).isEqualTo(401);

      Files.writeString(file, "tiers: 3\n");
      serve.signal("HUP");
      assertThat(serve.complaint("tiers")).startsWith(file + ":1:8: ");
      serve.complaint("the old one serves on");
      assertThat(models(gateway, "new")).isEqualTo(200);
      serve.signal("TERM");
      assertThat(serve.code()).isZero();
    }
  }

  @Test
  void serve_dryRun_answersWithTheDecision_andCallsNobody() throws Exception {
    try (var serve = serve(config("key", "http://127.0.0.1:1"), "--dry-run")) {
      var answer = chat(second(serve.untilReady().get(0)), "key");
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      var json = new JsonObject(answer.body());
      assertThat(json.getString("object")).isEqualTo("penstock.dry_run");
      assertThat(json.getJsonObject("decision").getString("pool")).isEqualTo("small");
    }
  }

  @Test
  void modelserver_answers_andServeReachesIt() throws Exception {
    try (var model = Penstocked.start(Map.of(), "modelserver", "--port", "0", "--speed", "0")) {
      var url = model.untilReady().getFirst().replace("model server ", "");
      assertThat(get(url + "/health").statusCode()).isEqualTo(200);
      try (var serve = serve(config("key", url))) {
        var answer = chat(second(serve.untilReady().get(0)), "key");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(new JsonObject(answer.body()).getString("object")).isEqualTo("chat.completion");
      }
      model.signal("TERM");
      assertThat(model.code()).isZero();
    }
  }

  @Test
  void modelserver_withAnUnknownFault_isOneLineAndExitsWith2() throws Exception {
    try (var model = Penstocked.start(Map.of(), "modelserver", "--fault", "nonsense")) {
      assertThat(model.code()).isEqualTo(2);
      assertThat(model.restOfErr()).singleElement().asString().contains("no fault 'nonsense'");
    }
  }

  private static double accepted(String admin) throws Exception {
    return get(admin + "/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith("penstock_accepted_total "))
        .mapToDouble(line -> Double.parseDouble(second(line)))
        .findFirst()
        .orElseThrow();
  }

  private static Penstocked demo(String... more) throws Exception {
    var arguments = new String[5 + more.length];
    var first = List.of("demo", "--port", "0", "--admin-port", "0");
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = i < 5 ? first.get(i) : more[i - 5];
    }
    return Penstocked.start(Map.of(), arguments);
  }

  private static Penstocked serve(Path config, String... more) throws Exception {
    var arguments = new String[3 + more.length];
    var first = List.of("serve", "--config", config.toString());
    for (int i = 0; i < arguments.length; i++) {
      arguments[i] = i < 3 ? first.get(i) : more[i - 3];
    }
    return Penstocked.start(Map.of(), arguments);
  }

  private Path config(String key, String backend) throws Exception {
    byte[] hash = MessageDigest.getInstance("SHA-256").digest(key.getBytes());
    return Files.writeString(
        folder.resolve("penstock.yaml"), CONFIG.formatted(HexFormat.of().formatHex(hash), backend));
  }

  private static HttpResponse<String> chat(String gateway, String key) throws Exception {
    return CLIENT.send(
        HttpRequest.newBuilder(URI.create(gateway + "/v1/chat/completions"))
            .timeout(Duration.ofSeconds(60))
            .header("Authorization", "Bearer " + key)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(CHAT))
            .build(),
        BodyHandlers.ofString());
  }

  private static int models(String gateway, String key) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(gateway + "/v1/models"))
            .header("Authorization", "Bearer " + key)
            .build();
    return CLIENT.send(request, BodyHandlers.ofString()).statusCode();
  }

  private static HttpResponse<String> get(String url) throws Exception {
    return CLIENT.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString());
  }

  private static String second(String line) {
    return line.split(" ")[1];
  }

  private static String third(String line) {
    return line.split(" ")[2];
  }
}
