package io.penstock.gateway.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.testing.TestBed;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The admin port's report of what its gateway recorded. */
class LiveReportTest {
  private static final String CHAT =
      "{\"model\":\"small\",\"max_tokens\":8,\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"canary"
          + " prompt\"}]}";

  @TempDir private Path directory;

  private static HttpResponse<String> get(TestBed bed, String path, String accept)
      throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      return http.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + bed.gateway().adminPort() + path))
              .header("accept", accept)
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  private static void ask(TestBed bed) throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      http.send(
          HttpRequest.newBuilder(URI.create(bed.url() + "/v1/chat/completions"))
              .header("authorization", "Bearer " + TestBed.PAID)
              .POST(HttpRequest.BodyPublishers.ofString(CHAT))
              .build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }

  @Test
  void report_ofRecordedTraffic_isJsonAndAPage() throws Exception {
    try (var bed =
        TestBed.setup(100)
            .edit(text -> text + "traffic: {directory: " + directory + ", fsync: 10ms}\n")
            .start()) {
      assertThat(get(bed, "/api/report", "*/*").statusCode()).isEqualTo(404);
      for (int i = 0; i < 3; i++) {
        ask(bed);
      }
      TestBed.await(() -> bed.metric("penstock_journal_records_total", "") == 3);

      var json = get(bed, "/api/report?window=15m", "application/json");
      assertThat(json.statusCode()).isEqualTo(200);
      var report = new JsonObject(json.body());
      assertThat(report.getString("object")).isEqualTo("penstock.report");
      assertThat(report.getJsonObject("all").getInteger("requests")).isEqualTo(3);
      assertThat(report.getJsonArray("pools").getJsonObject(0).getString("name"))
          .isEqualTo("small");

      var page = get(bed, "/api/report?window=1d", "text/html,application/xhtml+xml");
      assertThat(page.headers().firstValue("content-type")).hasValue("text/html; charset=utf-8");
      assertThat(page.headers().firstValue("content-security-policy").orElseThrow())
          .contains("default-src 'none'", "style-src 'sha256-")
          .doesNotContain("unsafe");
      assertThat(page.body()).contains("Capacity report", "Pool small").doesNotContain("canary");

      var wrong = get(bed, "/api/report?window=soon", "*/*");
      assertThat(wrong.statusCode()).isEqualTo(400);
      assertThat(wrong.body()).contains("15m, 1h or 7d");
    }
  }

  @Test
  void report_withoutAJournal_saysHowToGetOne() throws Exception {
    try (var bed = TestBed.setup(100).start()) {
      var none = get(bed, "/api/report?window=1h", "*/*");
      assertThat(none.statusCode()).isEqualTo(404);
      assertThat(new JsonObject(none.body()).getJsonObject("error").getString("message"))
          .contains("keeps no traffic journal");
    }
  }
}
