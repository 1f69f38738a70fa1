package io.penstock.loadtest.load;

/**
 * Looks into an answer's JSON for the few things that a load generator counts, without reading it
 * as JSON.
 */
final class Glance {
  private static final String[] CONTENT = {
    "\"content\":", "\"text\":", "\"reasoning\":", "\"reasoning_content\":"
  };

  private Glance() {}

  /** Whether this frame says something. */
  static boolean hasContent(String frame) {
    for (String field : CONTENT) {
      int at = afterSpaces(frame, field);
      if (at >= 0
          && at + 1 < frame.length()
          && frame.charAt(at) == '"'
          && frame.charAt(at + 1) != '"') {
        return true;
      }
    }
    int calls = afterSpaces(frame, "\"tool_calls\":");
    return calls >= 0
        && calls + 1 < frame.length()
        && frame.charAt(calls) == '['
        && frame.charAt(calls + 1) != ']';
  }

  static boolean isError(String frame) {
    return frame.startsWith("{\"error\"") || frame.startsWith("{ \"error\"");
  }

  static boolean hasUsage(String json) {
    int at = afterSpaces(json, "\"usage\":");
    return at >= 0 && at < json.length() && json.charAt(at) == '{';
  }

  /** The number of the last field with this name; 0 where there is none. */
  static long number(String json, String name) {
    int field = json.lastIndexOf("\"" + name + "\":");
    long number = 0;
    for (int i = field < 0 ? json.length() : skipSpaces(json, field + name.length() + 3);
        i < json.length() && Character.isDigit(json.charAt(i));
        i++) {
      number = number * 10 + (json.charAt(i) - '0');
    }
    return number;
  }

  private static int afterSpaces(String json, String field) {
    int at = json.indexOf(field);
    return at < 0 ? -1 : skipSpaces(json, at + field.length());
  }

  private static int skipSpaces(String json, int from) {
    int at = from;
    while (at < json.length() && json.charAt(at) == ' ') {
      at++;
    }
    return at;
  }
}
