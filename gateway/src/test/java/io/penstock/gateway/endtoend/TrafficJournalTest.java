package io.penstock.gateway.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.journal.Lines;
import io.penstock.gateway.testing.TestBed;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a gateway's requests leave in its journal. */
class TrafficJournalTest {
  private static final String CHAT =
      "{\"model\":\"small\",\"max_tokens\":8,\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"canary"
          + " prompt\"}]}";

  @TempDir private Path directory;

  @Test
  void requests_howeverTheyEnd_haveARecordEach() throws Exception {
    double accepted;
    try (var http = HttpClient.newHttpClient();
        var bed =
            TestBed.setup(100)
                .edit(text -> text + "traffic: {directory: " + directory + ", fsync: 10ms}\n")
                .start()) {
      String key = TestBed.key("PAID");
      send(http, bed, key, CHAT.formatted("true"), "");
      send(http, bed, key, CHAT.formatted("false"), "");
      send(http, bed, key, CHAT.formatted("false"), "true");
      send(http, bed, key, "no json", "");
      send(http, bed, "sk-wrong-canary", CHAT.formatted("false"), "");
      accepted = bed.metric("penstock_accepted_total", "");
      TestBed.await(() -> bed.metric("penstock_journal_records_total", "") == accepted(bed));
    }

    List<JsonObject> lines = Lines.of(directory);
    assertThat(lines).hasSize((int) accepted);
    JsonObject stream = only(lines, "stream", true);
    assertThat(stream.getString("pool")).isEqualTo("small");
    assertThat(stream.getString("backend")).isEqualTo("small-1");
    assertThat(stream.getString("model")).isEqualTo("llama-2-7b");
    assertThat(stream.getString("gpu")).isEqualTo("l4");
    assertThat(stream.getString("tenant")).isEqualTo("startup");
    assertThat(stream.getString("key")).isEqualTo("paid");
    assertThat(stream.getString("outcome")).isEqualTo("answered");
    assertThat(stream.getInteger("completion_tokens")).isEqualTo(8);
    assertThat(stream.getInteger("max_completion_tokens")).isEqualTo(8);
    assertThat(stream.getBoolean("usage_reported")).isTrue();
    assertThat(stream.getDouble("cost_usd")).isPositive();
    assertThat(stream.getDouble("queue_ms")).isLessThanOrEqualTo(stream.getDouble("ttft_ms"));
    assertThat(stream.getDouble("ttft_ms")).isLessThanOrEqualTo(stream.getDouble("duration_ms"));
    assertThat(stream.getDouble("tpot_ms")).isPositive();
    assertThat(only(lines, "reason", "dry_run").containsKey("prompt_tokens")).isFalse();
    assertThat(only(lines, "reason", "invalid_json").getInteger("status")).isEqualTo(400);
    assertThat(only(lines, "reason", "invalid_api_key").getInteger("status")).isEqualTo(401);
    assertThat(lines.toString()).doesNotContain("canary");
    assertThat(fieldsOf(lines)).isSubsetOf(documented());
  }

  private static double accepted(TestBed bed) {
    return bed.metric("penstock_accepted_total", "");
  }

  private static JsonObject only(List<JsonObject> lines, String field, Object value) {
    var found = lines.stream().filter(line -> value.equals(line.getValue(field))).toList();
    assertThat(found).as(field + " = " + value + " in " + lines).hasSize(1);
    return found.getFirst();
  }

  private static Set<String> fieldsOf(List<JsonObject> lines) {
    var fields = new TreeSet<String>();
    lines.forEach(line -> fields.addAll(line.fieldNames()));
    return fields;
  }

  /** The fields that docs/journal.md lists. */
  private static Set<String> documented() throws Exception {
    var fields = new TreeSet<String>();
    Files.readString(Path.of("../docs/journal.md"))
        .lines()
        .filter(line -> line.startsWith("| `"))
        .forEach(line ->
            Pattern.compile("`([a-z_]+)`")
                .matcher(line.split("\\|")[1])
                .results()
                .forEach(name -> fields.add(name.group(1))));
    assertThat(fields).contains("time", "prompt_tokens", "cost_usd");
    return fields;
  }

  private static void send(HttpClient http, TestBed bed, String key, String body, String dryRun)
      throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(bed.url() + "/v1/chat/completions"))
            .header("authorization", "Bearer " + key)
            .POST(HttpRequest.BodyPublishers.ofString(body));
    if (!dryRun.isEmpty()) {
      request.header("x-penstock-dry-run", dryRun);
    }
    http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }
}
