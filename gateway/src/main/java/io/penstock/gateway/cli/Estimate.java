package io.penstock.gateway.cli;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What an offline dry run found: a decision or a refusal for each request and tier, and sums. */
final class Estimate {
  private final List<Row> rows = new ArrayList<>();
  private final Map<String, Sum> sums = new TreeMap<>();

  /**
   * One request under one tier.
   *
   * @param line where the request stands in its file, from 1
   * @param tier under which it was decided
   * @param status the gateway's
   * @param answer the dry run, or the error
   */
  record Row(int line, String tier, int status, JsonObject answer) {
    boolean decided() {
      return status == 200;
    }

    String pool() {
      return answer.getJsonObject("decision").getString("pool");
    }

    JsonObject cost() {
      return answer.getJsonObject("cost");
    }

    /** For people, one line. */
    String text() {
      if (!decided()) {
        var error = answer.getJsonObject("error");
        return "%5d  %-12s refused %d: %s"
            .formatted(line, tier, status, error.getString("message"));
      }
      var tokens = answer.getJsonObject("tokens");
      return "%5d  %-12s %-10s %-8s %6d + %d tokens  %s  %s"
          .formatted(
              line,
              tier,
              pool(),
              answer.getJsonObject("complexity").getString("class"),
              tokens.getInteger("prompt"),
              tokens.getInteger("completion_expected"),
              usd(cost().getDouble("expected_usd")),
              answer.getJsonObject("decision").getString("reason"));
    }

    JsonObject json() {
      var json = new JsonObject().put("line", line).put("tier", tier).put("status", status);
      return json.mergeIn(answer);
    }
  }

  /** What one pool would serve for one tier. */
  private static final class Sum {
    private long requests;
    private long promptTokens;
    private long completionTokens;
    private double expectedUsd;
    private boolean costsKnown = true;

    void add(Row row) {
      var tokens = row.answer().getJsonObject("tokens");
      Double usd = row.cost().getDouble("expected_usd");
      requests++;
      promptTokens += tokens.getLong("prompt");
      completionTokens += tokens.getLong("completion_expected");
      expectedUsd += usd == null ? 0 : usd;
      costsKnown &= usd != null;
    }
  }

  void add(Row row) {
    rows.add(row);
    if (row.decided()) {
      sums.computeIfAbsent(row.tier() + ' ' + row.pool(), _ -> new Sum()).add(row);
    }
  }

  List<Row> rows() {
    return rows;
  }

  long refused() {
    return rows.stream().filter(row -> !row.decided()).count();
  }

  /** Lines that are no request at all, whoever sends them. */
  long unreadable() {
    return rows.stream().filter(row -> row.status() == 400).map(Row::line).distinct().count();
  }

  /** The sums for people, a line each. */
  List<String> totals() {
    List<String> lines = new ArrayList<>();
    lines.add("totals, per tier and pool:");
    sums.forEach((key, sum) ->
        lines.add(
            "       %-12s %-10s %6d requests  %d + %d tokens  %s"
                .formatted(
                    key.split(" ")[0],
                    key.split(" ")[1],
                    sum.requests,
                    sum.promptTokens,
                    sum.completionTokens,
                    sum.costsKnown ? usd(sum.expectedUsd) : "cost unknown")));
    if (refused() > 0) {
      lines.add("       refused: " + refused());
    }
    return lines;
  }

  JsonObject json() {
    var requests = new JsonArray();
    rows.forEach(row -> requests.add(row.json()));
    var totals = new JsonArray();
    sums.forEach((key, sum) -> totals.add(json(key.split(" "), sum)));
    return new JsonObject()
        .put("requests", requests)
        .put("totals", totals)
        .put("refused", refused());
  }

  private static JsonObject json(String[] tierAndPool, Sum sum) {
    return new JsonObject()
        .put("tier", tierAndPool[0])
        .put("pool", tierAndPool[1])
        .put("requests", sum.requests)
        .put("prompt_tokens", sum.promptTokens)
        .put("completion_tokens_expected", sum.completionTokens)
        .put("expected_usd", sum.costsKnown ? Math.round(sum.expectedUsd * 1e6) / 1e6 : null);
  }

  private static String usd(@Nullable Double usd) {
    return usd == null ? "cost unknown" : String.format(Locale.ROOT, "$%.6f", usd);
  }
}
