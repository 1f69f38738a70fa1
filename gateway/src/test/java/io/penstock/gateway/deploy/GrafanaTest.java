package io.penstock.gateway.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.cli.Penstocked;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every query of the dashboards and of the alerts, asked of a real Prometheus of the demo. */
final class GrafanaTest {
  private static final Path DASHBOARDS = Deploy.DIRECTORY.resolve("grafana/dashboards");
  private static final Pattern METRIC = Pattern.compile("\\bpenstock_[a-z_]+");

  /** Metrics that are there only with a store, which the demo has none of. */
  private static final Set<String> OF_A_STORE = Set.of("penstock_store_up");

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static Penstocked demo;
  private static Process prometheus;
  private static String url;
  private static String admin;

  @BeforeAll
  static void start(@TempDir Path data) throws Exception {
    demo = Penstocked.start(Map.of(), "demo", "--port", "0", "--admin-port", "0");
    admin =
        demo.untilReady().stream()
            .filter(line -> line.startsWith("admin "))
            .map(line -> line.substring("admin ".length()))
            .findFirst()
            .orElseThrow();
    Files.writeString(data.resolve("prometheus.yaml"), config());
    int port = freePort();
    url = "http://127.0.0.1:" + port;
    prometheus =
        new ProcessBuilder(
                "prometheus",
                "--config.file=" + data.resolve("prometheus.yaml"),
                "--storage.tsdb.path=" + data.resolve("tsdb"),
                "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
  }

  private static String config() {
    return """
    global: {scrape_interval: 1s, evaluation_interval: 1s}
    scrape_configs:
      - job_name: penstock
        static_configs: [{targets: ["%s"]}]
    """
        .formatted(URI.create(admin).getAuthority());
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  @AfterAll
  static void stop() throws Exception {
    if (prometheus != null) {
      prometheus.destroy();
      prometheus.waitFor(30, TimeUnit.SECONDS);
    }
    demo.close();
    HTTP.shutdownNow();
  }

  @Test
  void everyQueryOfTheDashboards_hasAnAnswer() throws Exception {
    var queries = queries();
    assertThat(queries).hasSizeGreaterThan(20);
    for (String query : queries) {
      untilAnswered(query);
    }
  }

  @Test
  void everyMetricOfTheAlerts_isThere() throws Exception {
    var scraped =
        HTTP.send(
                HttpRequest.newBuilder(URI.create(admin + "/metrics")).build(),
                BodyHandlers.ofString())
            .body();
    var rules = Files.readString(Deploy.DIRECTORY.resolve("prometheus/rules.yaml"));
    Set<String> named = new LinkedHashSet<>();
    METRIC.matcher(rules).results().forEach(found -> named.add(found.group()));
    assertThat(named).hasSizeGreaterThan(10);
    for (String metric : named) {
      if (!OF_A_STORE.contains(metric)) {
        assertThat(scraped).contains("\n" + metric);
      }
    }
  }

  private static List<String> queries() throws IOException {
    List<String> queries = new ArrayList<>();
    try (var files = Files.list(DASHBOARDS)) {
      for (Path file : files.sorted().toList()) {
        var panels = new JsonObject(Files.readString(file)).getJsonArray("panels");
        for (int i = 0; i < panels.size(); i++) {
          JsonArray targets = panels.getJsonObject(i).getJsonArray("targets");
          for (int j = 0; j < targets.size(); j++) {
            queries.add(targets.getJsonObject(j).getString("expr"));
          }
        }
      }
    }
    return queries;
  }

  /** As Grafana fills its variables in. */
  private static String filledIn(String query) {
    return query.replace("$__rate_interval", "30s").replace("$pool", ".+");
  }

  private static void untilAnswered(String query) throws Exception {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
    String last = "";
    while (System.nanoTime() < until) {
      last = ask(filledIn(query));
      if (!last.isEmpty()) {
        var answer = new JsonObject(last);
        assertThat(answer.getString("status")).as(query + ": " + last).isEqualTo("success");
        if (hasValue(answer.getJsonObject("data").getJsonArray("result"))) {
          return;
        }
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500));
    }
    throw new AssertionError("no answer to " + query + ": " + last);
  }

  /** A panel of NaN alone is an empty one. */
  private static boolean hasValue(JsonArray result) {
    for (int i = 0; i < result.size(); i++) {
      if (!result.getJsonObject(i).getJsonArray("value").getString(1).equals("NaN")) {
        return true;
      }
    }
    return false;
  }

  /** Empty while it does not listen yet. */
  private static String ask(String query) throws Exception {
    var uri = url + "/api/v1/query?query=" + URLEncoder.encode(query, StandardCharsets.UTF_8);
    try {
      return HTTP.send(HttpRequest.newBuilder(URI.create(uri)).build(), BodyHandlers.ofString())
          .body();
    } catch (IOException notYet) {
      return "";
    }
  }
}
