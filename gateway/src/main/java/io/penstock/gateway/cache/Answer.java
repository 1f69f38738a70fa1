package io.penstock.gateway.cache;

import io.penstock.gateway.call.Operation;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An answer taken apart, from a body or from the chunks of a stream, so that it can be judged and
 * written in the other form. Texts, digits and lists stay as they were written; what has no place
 * in the other form makes the whole {@link Parts.Unclear}, and that is a miss.
 */
final class Answer {
  /** Members of the answer itself that both forms have. */
  private static final List<String> SHARED =
      List.of("id", "created", "model", "service_tier", "system_fingerprint", "timings");

  private final Operation operation;
  private final Map<String, String> shared = new LinkedHashMap<>();
  private final Map<Integer, Choice> choices = new TreeMap<>();
  private String usage = Parts.NULL;
  private boolean usageOfItsOwn;
  private boolean done;

  private Answer(Operation operation) {
    this.operation = operation;
  }

  static Answer read(Operation operation, Entry.Kind kind, byte[] bytes) {
    Answer answer = new Answer(operation);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    if (kind == Entry.Kind.WHOLE) {
      answer.add(Parts.members(text));
      answer.done = true;
    } else {
      payloads(text).forEach(answer::payload);
    }
    return answer;
  }

  /**
   * Whether an answer is whole: as many choices as were asked for, each ended by the model itself.
   * Whatever else is in it does not matter here.
   *
   * @param reasons the finish reasons, as JSON, that will do
   */
  static boolean isComplete(Entry.Kind kind, byte[] bytes, int asked, Set<String> reasons) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    List<String> objects = kind == Entry.Kind.WHOLE ? List.of(text, "[DONE]") : payloads(text);
    Map<Integer, String> ended = new TreeMap<>();
    for (String object : objects.subList(0, Math.max(0, objects.size() - 1))) {
      ends(Parts.members(object), ended);
    }
    return !objects.isEmpty()
        && objects.getLast().strip().equals("[DONE]")
        && ended.size() == asked
        && ended.keySet().stream().allMatch(index -> index >= 0 && index < asked)
        && reasons.containsAll(ended.values());
  }

  private static void ends(Map<String, String> object, Map<Integer, String> ended) {
    if (!object.getOrDefault("error", Parts.NULL).equals(Parts.NULL)) {
      throw new Parts.Unclear("an error");
    }
    String choices = object.getOrDefault("choices", Parts.NULL);
    if (choices.equals(Parts.NULL)) {
      return;
    }
    for (String choice : Parts.elements(choices)) {
      Map<String, String> members = Parts.members(choice);
      int index = Choice.number(members.getOrDefault("index", "0"));
      String reason = members.getOrDefault("finish_reason", Parts.NULL);
      if (!reason.equals(Parts.NULL)) {
        ended.put(index, reason);
      } else {
        ended.putIfAbsent(index, reason);
      }
    }
  }

  private void payload(String data) {
    if (data.strip().equals("[DONE]")) {
      done = true;
    } else if (done) {
      throw new Parts.Unclear("more after the end");
    } else {
      add(Parts.members(data));
    }
  }

  /** The data of every event. */
  private static List<String> payloads(String stream) {
    List<String> payloads = new ArrayList<>();
    StringBuilder data = new StringBuilder();
    for (String line : stream.lines().toList()) {
      if (line.isEmpty()) {
        flush(data, payloads);
      } else if (line.startsWith("data:")) {
        data.append(line.startsWith("data: ") ? line.substring(6) : line.substring(5)).append('\n');
      }
    }
    flush(data, payloads);
    return payloads;
  }

  private static void flush(StringBuilder data, List<String> payloads) {
    if (!data.isEmpty()) {
      payloads.add(data.toString());
      data.setLength(0);
    }
  }

  private void add(Map<String, String> object) {
    boolean alone = Parts.saysNothing(object.getOrDefault("choices", Parts.NULL));
    object.forEach((member, value) -> {
      switch (member) {
        case "object" -> {}
        case "choices" -> {
          if (!alone) {
            Parts.elements(value).forEach(this::choice);
          }
        }
        case "usage" -> usage(value, alone);
        default -> {
          if (!SHARED.contains(member)) {
            Choice.unknown(member, value);
          } else if (!value.equals(Parts.NULL)) {
            shared.put(member, value);
          }
        }
      }
    });
  }

  private void choice(String json) {
    Map<String, String> choice = Parts.members(json);
    int index = Choice.number(choice.getOrDefault("index", "0"));
    choices.computeIfAbsent(index, _ -> new Choice()).add(choice);
  }

  /** Some servers tell the usage of each choice in a frame of its own; that has no other form. */
  private void usage(String value, boolean alone) {
    if (value.equals(Parts.NULL)) {
      return;
    }
    if (alone && usageOfItsOwn) {
      throw new Parts.Unclear("usage twice");
    }
    usageOfItsOwn = alone;
    usage = value;
  }

  // As a body.

  /** Null where the stream did not tell all that a body must have. */
  byte @Nullable [] body() {
    if (usage.equals(Parts.NULL) || !shared.keySet().containsAll(List.of("id", "model"))) {
      return null;
    }
    StringBuilder json = head(isChat() ? "chat.completion" : "text_completion");
    json.append("\"choices\":[");
    choices.forEach((index, choice) -> {
      json.append("{\"index\":").append(index).append(',');
      json.append(isChat() ? "\"message\":" + choice.message() : "\"text\":" + text(choice));
      json.append(",\"logprobs\":").append(choice.logprobsJson());
      end(json, choice).append("},");
    });
    json.setCharAt(json.length() - 1, ']');
    return json.append(",\"usage\":")
        .append(usage)
        .append('}')
        .toString()
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  private boolean isChat() {
    return operation == Operation.CHAT_COMPLETIONS;
  }

  private StringBuilder head(String object) {
    StringBuilder json = new StringBuilder("{");
    json.append("\"object\":\"").append(object).append("\",");
    shared.forEach(
        (member, value) -> json.append('"').append(member).append("\":").append(value).append(','));
    return json;
  }

  private static String text(Choice choice) {
    StringBuilder text = choice.texts.get("text");
    return text == null ? "\"\"" : "\"" + text + '"';
  }

  private static StringBuilder end(StringBuilder json, Choice choice) {
    json.append(",\"finish_reason\":").append(choice.finishReason);
    if (!choice.stopReason.equals(Parts.NULL)) {
      json.append(",\"stop_reason\":").append(choice.stopReason);
    }
    return json;
  }

  // As a stream.

  /** A chunk for each part of each choice, one with the usage, and the end. */
  byte[] stream() {
    StringBuilder stream = new StringBuilder();
    String head = head(isChat() ? "chat.completion.chunk" : "text_completion").toString();
    choices.forEach((index, choice) -> {
      String before = "data: " + head + "\"choices\":[{\"index\":" + index + ',';
      if (isChat()) {
        deltas(stream, before, choice);
      } else {
        stream.append(before).append("\"text\":").append(text(choice));
        stream.append(",\"logprobs\":").append(choice.logprobsJson());
        end(stream, choice).append("}]}\n\n");
      }
    });
    if (!usage.equals(Parts.NULL)) {
      stream.append("data: ").append(head).append("\"choices\":[],\"usage\":").append(usage);
      stream.append("}\n\n");
    }
    return stream.append("data: [DONE]\n\n").toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  private static void deltas(StringBuilder stream, String before, Choice choice) {
    List<String> deltas = new ArrayList<>();
    for (String member : Choice.TEXTS) {
      StringBuilder text = choice.texts.get(member);
      if (text != null) {
        deltas.add("{\"" + member + "\":\"" + text + "\"}");
      }
    }
    choice.tools.forEach((index, tool) ->
        deltas.add("{\"tool_calls\":[" + Choice.tool(tool, "\"index\":" + index + ',') + "]}"));
    if (choice.function != null) {
      deltas.add("{\"function_call\":" + Choice.function(choice.function) + '}');
    }
    String content = choice.texts.containsKey("content") ? "\"\"" : Parts.NULL;
    delta(stream, before, "{\"role\":" + choice.role + ",\"content\":" + content + '}', "");
    String logprobs = choice.logprobs.isEmpty() ? "" : ",\"logprobs\":" + choice.logprobsJson();
    int last = deltas.size() - 1;
    for (int i = 0; i <= last; i++) {
      delta(stream, before, deltas.get(i), i == last ? logprobs : "");
    }
    StringBuilder end = new StringBuilder(before).append("\"delta\":{}");
    end.append(last < 0 ? logprobs : "");
    stream.append(end(end, choice)).append("}]}\n\n");
  }

  private static void delta(StringBuilder stream, String before, String delta, String logprobs) {
    stream.append(before).append("\"delta\":").append(delta).append(logprobs);
    stream.append(",\"finish_reason\":null}]}\n\n");
  }
}
