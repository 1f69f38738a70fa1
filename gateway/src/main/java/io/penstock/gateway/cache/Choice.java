package io.penstock.gateway.cache;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One choice of an answer, put together from its message or from its deltas. Whatever says
 * something that the other form has no place for makes it {@link Parts.Unclear}.
 */
final class Choice {
  /** What is text and grows delta by delta, in the order in which models say it. */
  static final List<String> TEXTS =
      List.of("reasoning_content", "reasoning", "content", "refusal", "text");

  private static final List<String> LOG_PROBABILITIES =
      List.of("content", "refusal", "tokens", "token_logprobs", "top_logprobs", "text_offset");

  private static final String FUNCTION = "function";
  private static final String TOOL_CALLS = "tool_calls";

  /** Absent where it was null or not there. */
  final Map<String, StringBuilder> texts = new LinkedHashMap<>();

  final Map<Integer, Tool> tools = new TreeMap<>();
  final Map<String, List<String>> logprobs = new LinkedHashMap<>();
  @Nullable Tool function;
  String role = "\"assistant\"";
  String finishReason = Parts.NULL;
  String stopReason = Parts.NULL;

  /** A call of a tool, or of a function as it was before there were tools. */
  static final class Tool {
    String id = Parts.NULL;
    String type = Parts.NULL;
    String name = Parts.NULL;
    final StringBuilder arguments = new StringBuilder();

    void add(Map<String, String> call) {
      call.forEach((member, value) -> {
        switch (member) {
          case "index" -> {}
          case "id" -> id = told(value, id);
          case "type" -> type = told(value, type);
          case FUNCTION -> function(Parts.members(value));
          default -> unknown(member, value);
        }
      });
    }

    void function(Map<String, String> part) {
      part.forEach((member, value) -> {
        switch (member) {
          case "name" -> name = told(value, name);
          case "arguments" -> {
            if (!value.equals(Parts.NULL)) {
              arguments.append(Parts.inside(value));
            }
          }
          default -> unknown(member, value);
        }
      });
    }

    private static String told(String value, String before) {
      if (value.equals(Parts.NULL) || value.equals("\"\"")) {
        return before;
      }
      if (!before.equals(Parts.NULL) && !before.equals(value)) {
        throw new Parts.Unclear("two names");
      }
      return value;
    }
  }

  /** Adds a choice of a chunk or of a body. */
  void add(Map<String, String> choice) {
    choice.forEach((member, value) -> {
      switch (member) {
        case "index" -> {}
        case "delta", "message" -> message(Parts.members(value));
        case "text" -> text(member, value);
        case "logprobs" -> logprobs(value);
        case "finish_reason" -> finishReason = last(value, finishReason);
        case "stop_reason" -> stopReason = last(value, stopReason);
        default -> unknown(member, value);
      }
    });
  }

  private void message(Map<String, String> message) {
    message.forEach((member, value) -> {
      if (TEXTS.contains(member)) {
        text(member, value);
      } else if (member.equals("role")) {
        role = last(value, role);
      } else if (member.equals(TOOL_CALLS) && !Parts.saysNothing(value)) {
        tools(Parts.elements(value));
      } else if (member.equals("function_call") && !value.equals(Parts.NULL)) {
        Tool called = function == null ? new Tool() : function;
        function = called;
        called.function(Parts.members(value));
      } else {
        unknown(member, value);
      }
    });
  }

  private void text(String member, String value) {
    if (!value.equals(Parts.NULL)) {
      texts.computeIfAbsent(member, _ -> new StringBuilder()).append(Parts.inside(value));
    }
  }

  private void tools(List<String> calls) {
    for (int i = 0; i < calls.size(); i++) {
      Map<String, String> call = Parts.members(calls.get(i));
      int index = number(call.getOrDefault("index", Integer.toString(i)));
      tools.computeIfAbsent(index, _ -> new Tool()).add(call);
    }
  }

  private void logprobs(String value) {
    if (value.equals(Parts.NULL)) {
      return;
    }
    Parts.members(value)
        .forEach((member, list) -> {
          if (!LOG_PROBABILITIES.contains(member)) {
            unknown(member, list);
          } else if (!list.equals(Parts.NULL)) {
            logprobs.computeIfAbsent(member, _ -> new ArrayList<>()).addAll(Parts.elements(list));
          }
        });
  }

  static int number(String digits) {
    try {
      return Integer.parseInt(digits);
    } catch (NumberFormatException _) {
      throw new Parts.Unclear("no number");
    }
  }

  private static String last(String value, String before) {
    return value.equals(Parts.NULL) ? before : value;
  }

  static void unknown(String member, String value) {
    if (!Parts.saysNothing(value)) {
      throw new Parts.Unclear(member);
    }
  }

  // As a body has it.

  String message() {
    StringBuilder json = new StringBuilder("{\"role\":").append(role);
    boolean calls = !tools.isEmpty() || function != null;
    StringBuilder content = texts.get("content");
    boolean none = content == null || (calls && content.isEmpty());
    json.append(",\"content\":").append(none ? Parts.NULL : quoted(content));
    texts.forEach((member, text) -> {
      if (!member.equals("content")) {
        json.append(",\"").append(member).append("\":").append(quoted(text));
      }
    });
    if (!texts.containsKey("refusal")) {
      json.append(",\"refusal\":null");
    }
    if (!tools.isEmpty()) {
      json.append(",\"tool_calls\":[");
      tools.values().forEach(tool -> json.append(tool(tool, "")).append(','));
      json.setCharAt(json.length() - 1, ']');
    }
    if (function != null) {
      json.append(",\"function_call\":").append(function(function));
    }
    return json.append('}').toString();
  }

  private static String quoted(@Nullable CharSequence inside) {
    return "\"" + Objects.requireNonNullElse(inside, "") + '"';
  }

  static String tool(Tool tool, String index) {
    return "{"
        + index
        + "\"id\":"
        + tool.id
        + ",\"type\":"
        + (tool.type.equals(Parts.NULL) ? "\"function\"" : tool.type)
        + ",\"function\":"
        + function(tool)
        + '}';
  }

  static String function(Tool tool) {
    return "{\"name\":" + tool.name + ",\"arguments\":" + quoted(tool.arguments) + '}';
  }

  String logprobsJson() {
    if (logprobs.isEmpty()) {
      return Parts.NULL;
    }
    StringBuilder json = new StringBuilder("{");
    logprobs.forEach((member, list) ->
        json.append('"').append(member).append("\":[").append(String.join(",", list)).append("],"));
    if (logprobs.containsKey("content") && !logprobs.containsKey("refusal")) {
      json.append("\"refusal\":null,");
    }
    json.setCharAt(json.length() - 1, '}');
    return json.toString();
  }
}
