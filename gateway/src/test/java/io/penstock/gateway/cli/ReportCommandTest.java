package io.penstock.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Random;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Four days of traffic, as gateways would have recorded it, and what is made of them. */
final class ReportCommandTest {
  private static final Instant START = Instant.parse("2026-11-09T18:00:00Z");
  private static final int HOURS = 90;
  private static final String CONFIG =
      """
      tiers:
        all: {route: {simple: small, medium: small, complex: large}}
      keys: [{id: me, sha256: "%s", tier: all}]
      pools:
        small:
          model: llama-3.1-8b
          backends:
            - {id: small-1, url: "http://127.0.0.1:8000"}
            - {id: small-2, url: "http://127.0.0.1:8001"}
            - {id: small-3, url: "http://127.0.0.1:8002"}
          capacity: {gpu: l4, weights: fp8, min: 1, max: 8, scaling: {headroom: 20%%}}
          slo: {ttft: 800ms, tpot: 60ms}
        large: {provider: openai, model: gpt-4o, url: "http://127.0.0.1:1"}
      """
          .formatted("a".repeat(64));

  @TempDir private static Path folder;
  private static Path config;
  private static Path traffic;
  private static int records;

  private record Said(int code, String out, String err) {
    JsonObject json() {
      return new JsonObject(out);
    }
  }

  private static Said run(String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    int code =
        Penstock.commandLine()
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(arguments);
    return new Said(code, out.toString(), err.toString());
  }

  private static Said report(String... more) {
    String[] all = new String[5 + more.length];
    all[0] = "report";
    all[1] = "--config";
    all[2] = config.toString();
    all[3] = "--traffic";
    all[4] = traffic.toString();
    System.arraycopy(more, 0, all, 5, more.length);
    return run(all);
  }

  private static JsonObject record(Random random, long millis, boolean large) {
    int prompt = (int) (80 * Math.exp(0.8 * random.nextGaussian()));
    int completion = 1 + (int) (120 * Math.exp(0.7 * random.nextGaussian()));
    double ttft = 90 + 40 * Math.abs(random.nextGaussian());
    double tpot = 26 + 4 * random.nextGaussian();
    return new JsonObject()
        .put("v", 1)
        .put("time", Instant.ofEpochMilli(millis).toString())
        .put("stream", true)
        .put("tenant", random.nextInt(4) == 0 ? "hobby" : "acme")
        .put("tier", "all")
        .put("complexity", large ? "complex" : "simple")
        .put("pool", large ? "large" : "small")
        .put("outcome", random.nextInt(50) == 0 ? "cancelled" : "answered")
        .put("prompt_tokens", prompt)
        .put("completion_tokens", completion)
        .put("cached_tokens", 0)
        .put("ttft_ms", ttft)
        .put("tpot_ms", tpot)
        .put("duration_ms", ttft + tpot * (completion - 1))
        .put("cost_usd", large ? 0.004 : 0.00009);
  }

  @BeforeAll
  static void write() throws Exception {
    var random = new Random(7);
    config = Files.writeString(folder.resolve("penstock.yaml"), CONFIG);
    traffic = Files.createDirectory(folder.resolve("traffic"));
    var lines = new StringBuilder();
    for (int hour = 0; hour < HOURS; hour++) {
      long at = START.toEpochMilli() + hour * 3_600_000L;
      double day = Math.max(0, Math.sin(((hour + 18) % 24 - 6) * Math.PI / 12));
      int count = (int) (40 + 900 * day);
      for (int i = 0; i < count; i++) {
        // Half of an hour's requests come in four minutes of it.
        long within = (i % 2 == 0 ? random.nextInt(240) : random.nextInt(3600)) * 1000L;
        lines.append(record(random, at + within, i % 11 == 0).encode()).append('\n');
        records++;
      }
    }
    lines.append("{\"time\":\"2026-11-1");
    Files.writeString(traffic.resolve("1.jsonl"), lines);
  }

  @Test
  void report_addsUp() {
    var said = report("--json");
    assertThat(said.code()).as(said.err()).isZero();
    var json = said.json();

    assertThat(json.getJsonObject("all").getInteger("requests")).isEqualTo(records);
    for (String groups : new String[] {"tiers", "tenants", "complexities", "pools", "hours"}) {
      assertThat(sum(json.getJsonArray(groups))).as(groups).isEqualTo(records);
    }
    var costs = json.getJsonObject("costs");
    assertThat(costs.getString("all_to_api_pool")).isEqualTo("large");
    assertThat(costs.getDouble("saved_usd"))
        .isEqualTo(costs.getDouble("all_to_api_usd") - costs.getDouble("usd"));
    var small = json.getJsonArray("pools").getJsonObject(0);
    assertThat(small.getString("name")).isEqualTo("small");
    assertThat(small.getJsonArray("slo").getJsonObject(0).getBoolean("kept")).isTrue();
    assertThat(small.getJsonObject("capacity").getJsonArray("busy_rps_by_hour")).hasSize(24);
    assertThat(small.getJsonObject("capacity").getDouble("slo_rps")).isPositive();
    assertThat(json.getJsonArray("recommendations").encode()).contains("small can lose");
  }

  private static int sum(JsonArray groups) {
    int sum = 0;
    for (int i = 0; i < groups.size(); i++) {
      sum += groups.getJsonObject(i).getInteger("requests");
    }
    return sum;
  }

  @Test
  void report_inWords_saysTheSame() {
    var said = report();

    assertThat(said.code()).isZero();
    assertThat(said.err()).isEmpty();
    assertThat(said.out())
        .contains("by tier", "Pool small", "ttft-p95 within 800 ms", "Recommendations", "/month");
  }

  @Test
  void page_isWellFormed_andAsksForNothing() throws Exception {
    var page = folder.resolve("report.html");
    var said = report("--html", page.toString());
    assertThat(said.code()).as(said.err()).isZero();
    String html = Files.readString(page);

    assertThat(html)
        .contains("<svg", "Recommendations")
        .doesNotContain("http://", "https://", "NaN");
    String xml =
        html.replaceFirst("(?i)<!doctype html>", "").replaceAll("<meta([^>]*)>", "<meta$1/>");
    DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void recordsThatAreNone_areNamedAndLeftOut() throws Exception {
    var bad = Files.createDirectory(folder.resolve("bad"));
    Files.writeString(
        bad.resolve("1.jsonl"),
        "{\"time\":\"2026-11-10T00:00:00Z\",\"pool\":\"small\",\"outcome\":\"answered\"}\n"
            + "nonsense\n"
            + "{}\n");
    var said = run("report", "--config", config.toString(), "--traffic", bad.toString(), "--json");

    assertThat(said.code()).isZero();
    assertThat(said.err()).contains("2 lines were left out", "1.jsonl:2: is no record");
    assertThat(said.json().getJsonObject("all").getInteger("requests")).isEqualTo(1);
  }

  @Test
  void nothingRecorded_isSaid() throws Exception {
    var empty = Files.createDirectory(folder.resolve("empty"));

    var said = run("report", "--config", config.toString(), "--traffic", empty.toString());
    assertThat(said.code()).isEqualTo(1);
    assertThat(said.err()).contains("nothing was recorded in");
    var none = run("report", "--config", config.toString(), "--traffic", folder + "/none");
    assertThat(none.code()).isEqualTo(3);
    assertThat(none.err()).contains("no such file or directory");
  }
}
