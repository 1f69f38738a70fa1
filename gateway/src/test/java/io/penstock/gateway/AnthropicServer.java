package io.penstock.gateway;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.util.Locale;

/**
 * A provider that speaks the Messages API as its public reference writes it: what a request must
 * have it insists on, and what the last user's text asks for it does.
 */
final class AnthropicServer implements RawServer.Script {
  static final String KEY = "sk-ant-test";

  @Override
  public void answer(RawServer.Exchange exchange) throws IOException, InterruptedException {
    String head = exchange.server().heads().getLast().toLowerCase(Locale.ROOT);
    JsonObject body = new JsonObject(exchange.body());
    String refused = refusal(body);
    if (!head.startsWith("post /v1/messages http/1.1\r\n")) {
      exchange.json(404, error("not_found_error", "no such path"));
    } else if (!head.contains("x-api-key: " + KEY) || head.contains("authorization:")) {
      exchange.json(401, error("authentication_error", "invalid x-api-key"));
    } else if (!head.contains("anthropic-version: 2023-06-01")) {
      exchange.json(400, error("invalid_request_error", "anthropic-version: header is required"));
    } else if (refused != null) {
      exchange.json(400, error("invalid_request_error", refused));
    } else {
      comply(exchange, body, lastText(body));
    }
  }

  private static String refusal(JsonObject body) {
    if (!(body.getValue("max_tokens") instanceof Integer)) {
      return "max_tokens: Field required";
    }
    String expected = "user";
    for (Object each : body.getJsonArray("messages")) {
      JsonObject message = (JsonObject) each;
      if (!message.getString("role").equals(expected)) {
        return "messages: roles must alternate";
      }
      expected = expected.equals("user") ? "assistant" : "user";
    }
    return null;
  }

  private static JsonArray lastContent(JsonObject body) {
    JsonArray messages = body.getJsonArray("messages");
    return messages.getJsonObject(messages.size() - 1).getJsonArray("content");
  }

  private static String lastText(JsonObject body) {
    JsonArray content = lastContent(body);
    return content.getJsonObject(content.size() - 1).getString("text", "");
  }

  private static void comply(RawServer.Exchange exchange, JsonObject body, String text)
      throws IOException {
    boolean stream = body.getBoolean("stream", false);
    switch (text) {
      case "be overloaded" -> exchange.json(529, error("overloaded_error", "Overloaded"));
      case "be too long" ->
          exchange.json(
              400, error("invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"));
      case "fail at once" -> events(exchange, "error", error("overloaded_error", "Overloaded"));
      case "fail later" -> {
        exchange.events();
        event(exchange, "message_start", START);
        event(exchange, "content_block_delta", delta("text_delta", "text", "So"));
        event(exchange, "error", error("api_error", "Internal server error"));
        exchange.lastChunk();
      }
      case "have nothing left" ->
          exchange.write(
              "HTTP/1.1 200 X\r\nContent-Type: application/json\r\n"
                  + "anthropic-ratelimit-input-tokens-remaining: 0\r\n"
                  + "anthropic-ratelimit-input-tokens-reset: 2099-01-01T00:00:00Z\r\n"
                  + "Content-Length: "
                  + message("end_turn", TEXT).length()
                  + "\r\n\r\n"
                  + message("end_turn", TEXT));
      default -> {
        boolean tool = body.containsKey("tools") && !text.isEmpty();
        if (stream) {
          stream(exchange, tool);
        } else {
          exchange.json(
              200, tool ? message("tool_use", TEXT + ',' + CALL) : message("end_turn", TEXT));
        }
      }
    }
  }

  private static final String TEXT = "{\"type\":\"text\",\"text\":\"So be it\"}";
  private static final String CALL =
      "{\"type\":\"tool_use\",\"id\":\"toolu_1\",\"name\":\"weather\",\"input\":{\"city\":\"Rome\"}}";
  private static final String USAGE =
      "{\"input_tokens\":10,\"cache_creation_input_tokens\":3,\"cache_read_input_tokens\":5,"
          + "\"output_tokens\":%d}";
  private static final String START =
      "{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\","
          + "\"role\":\"assistant\",\"content\":[],\"model\":\"claude-x-1\",\"stop_reason\":null,"
          + "\"stop_sequence\":null,\"usage\":"
          + USAGE.formatted(1)
          + "}}";

  private static String message(String stopReason, String content) {
    return "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-x-1\","
        + "\"content\":["
        + content
        + "],\"stop_reason\":\""
        + stopReason
        + "\",\"stop_sequence\":null,\"usage\":"
        + USAGE.formatted(7)
        + "}";
  }

  private static void stream(RawServer.Exchange exchange, boolean tool) throws IOException {
    exchange.events();
    event(exchange, "message_start", START);
    event(
        exchange,
        "content_block_start",
        "{\"type\":\"content_block_start\",\"index\":0,"
            + "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}");
    event(exchange, "ping", "{\"type\": \"ping\"}");
    event(exchange, "content_block_delta", delta("text_delta", "text", "So "));
    event(exchange, "content_block_delta", delta("text_delta", "text", "be \\u00e9t"));
    event(exchange, "content_block_stop", "{\"type\":\"content_block_stop\",\"index\":0}");
    if (tool) {
      call(exchange, "toolu_1", "{\\\"city\\\":", " \\\"Rome\\\"}");
      call(exchange, "toolu_2");
    }
    event(
        exchange,
        "message_delta",
        "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"%s\",\"stop_sequence\":null},"
                .formatted(tool ? "tool_use" : "max_tokens")
            + "\"usage\":{\"output_tokens\":7}}");
    event(exchange, "message_stop", "{\"type\":\"message_stop\"}");
    exchange.lastChunk();
  }

  private static void call(RawServer.Exchange exchange, String id, String... json)
      throws IOException {
    event(
        exchange,
        "content_block_start",
        "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\","
            + "\"id\":\""
            + id
            + "\",\"name\":\"weather\",\"input\":{}}}");
    event(exchange, "content_block_delta", delta("input_json_delta", "partial_json", ""));
    for (String part : json) {
      event(exchange, "content_block_delta", delta("input_json_delta", "partial_json", part));
    }
    event(exchange, "content_block_stop", "{\"type\":\"content_block_stop\",\"index\":1}");
  }

  private static String delta(String type, String member, String text) {
    return "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"%s\",\"%s\":\"%s\"}}"
        .formatted(type, member, text);
  }

  private static void events(RawServer.Exchange exchange, String name, String json)
      throws IOException {
    exchange.events();
    event(exchange, name, json);
    exchange.lastChunk();
  }

  /** Cut in the middle, as networks do. */
  private static void event(RawServer.Exchange exchange, String name, String json)
      throws IOException {
    String text = "event: " + name + "\ndata: " + json + "\n\n";
    exchange.chunk(text.substring(0, text.length() / 2));
    exchange.chunk(text.substring(text.length() / 2));
  }

  private static String error(String type, String message) {
    return "{\"type\":\"error\",\"error\":{\"type\":\"%s\",\"message\":\"%s\"},\"request_id\":\"r\"}"
        .formatted(type, message);
  }
}
