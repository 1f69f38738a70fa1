package io.penstock.config.measurements;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Comma-separated values as RFC 4180 has them: quotes may hold commas, newlines and doubled quotes.
 */
final class Csv {
  private Csv() {}

  /** Every record after the first, by the names in the first. */
  static List<Map<String, String>> rows(String text) {
    var records = records(text);
    List<Map<String, String>> rows = new ArrayList<>();
    for (var fields : records.subList(Math.min(1, records.size()), records.size())) {
      Map<String, String> row = new HashMap<>();
      var names = records.getFirst();
      for (int i = 0; i < Math.min(names.size(), fields.size()); i++) {
        row.put(names.get(i).strip(), fields.get(i).strip());
      }
      rows.add(row);
    }
    return rows;
  }

  private static List<List<String>> records(String text) {
    List<List<String>> records = new ArrayList<>();
    List<String> fields = new ArrayList<>();
    var field = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted) {
        if (c != '"') {
          field.append(c);
        } else if (i + 1 < text.length() && text.charAt(i + 1) == '"') {
          field.append(c);
          i++;
        } else {
          quoted = false;
        }
      } else if (c == '"') {
        quoted = true;
      } else if (c == ',') {
        fields.add(take(field));
      } else if (c == '\n') {
        fields.add(take(field));
        records.add(fields);
        fields = new ArrayList<>();
      } else if (c != '\r') {
        field.append(c);
      }
    }
    if (!field.isEmpty() || !fields.isEmpty()) {
      fields.add(take(field));
      records.add(fields);
    }
    return records;
  }

  private static String take(StringBuilder field) {
    String text = field.toString();
    field.setLength(0);
    return text;
  }
}
