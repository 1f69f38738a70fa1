package io.penstock.config.measurements;

import io.penstock.planner.accuracy.Errors;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How far the model is off, and where.
 *
 * @param groups by metric, by source, and by GPU and engine
 * @param overallWithoutTtft everything but times to the first token
 * @param ttft times to the first token
 * @param optimismP90 predicted over real capacity at the 90th percentile
 * @param leftOut the rows that were not predicted, by reason
 */
public record AccuracyReport(
    List<Group> groups,
    Errors overallWithoutTtft,
    Errors ttft,
    double optimismP90,
    Map<String, Integer> leftOut) {

  /**
   * Rows that have something in common.
   *
   * @param by what they share
   * @param key its value
   * @param errors on them
   */
  public record Group(String by, String key, Errors errors) {}

  /** For a terminal. */
  public String text() {
    var text = new StringBuilder();
    String by = "";
    for (var group : groups) {
      if (!group.by().equals(by)) {
        by = group.by();
        text.append(
            String.format("%n%-44s %6s %8s %8s %8s%n", "by " + by, "rows", "median", "p75", "p90"));
      }
      text.append(line(group.key(), group.errors()));
    }
    text.append(String.format("%n"));
    text.append(line("all without ttft", overallWithoutTtft));
    text.append(line("ttft", ttft));
    text.append(
        String.format(Locale.ROOT, "predicted / real capacity at p90: %.2f%n", optimismP90));
    leftOut.forEach((why, rows) -> text.append(String.format("left out %d: %s%n", rows, why)));
    return text.toString();
  }

  private static String line(String name, Errors errors) {
    return String.format(
        Locale.ROOT,
        "%-44s %6d %7.1f%% %7.1f%% %7.1f%%%n",
        name,
        errors.rows(),
        100 * errors.median(),
        100 * errors.p75(),
        100 * errors.p90());
  }

  /** For a program, in the shape that {@code docs/} describes. */
  public String json() {
    var json = new StringBuilder("{\"groups\":[");
    String separator = "";
    for (var group : groups) {
      json.append(separator)
          .append("{\"by\":")
          .append(quoted(group.by()))
          .append(",\"key\":")
          .append(quoted(group.key()))
          .append(',')
          .append(fields(group.errors()))
          .append('}');
      separator = ",";
    }
    json.append("],\"overall_without_ttft\":{").append(fields(overallWithoutTtft));
    json.append("},\"ttft\":{").append(fields(ttft));
    json.append("},\"optimism_p90\":").append(number(optimismP90)).append(",\"left_out\":[");
    separator = "";
    for (var reason : leftOut.entrySet()) {
      json.append(separator)
          .append("{\"why\":")
          .append(quoted(reason.getKey()))
          .append(",\"rows\":")
          .append(reason.getValue())
          .append('}');
      separator = ",";
    }
    return json.append("]}").toString();
  }

  private static String fields(Errors errors) {
    return "\"rows\":"
        + errors.rows()
        + ",\"median\":"
        + number(errors.median())
        + ",\"p75\":"
        + number(errors.p75())
        + ",\"p90\":"
        + number(errors.p90());
  }

  private static String number(double value) {
    return Double.isFinite(value) ? String.format(Locale.ROOT, "%.4f", value) : "null";
  }

  private static String quoted(String text) {
    var quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        quoted.append('\\').append(c);
      } else if (c < ' ') {
        quoted.append(String.format("\\u%04x", (int) c));
      } else {
        quoted.append(c);
      }
    }
    return quoted.append('"').toString();
  }
}
