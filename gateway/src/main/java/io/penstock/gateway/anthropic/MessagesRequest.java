package io.penstock.gateway.anthropic;

import io.penstock.config.Pool;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.Json;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A body of chat completions as one of {@code POST /v1/messages}. Unlike everything else that
 * passes the gateway it is parsed and written anew, since hardly a member stays where it was:
 *
 * <ul>
 *   <li>system and developer messages go, in their order, to {@code system};
 *   <li>a tool's result is a part of the user's next turn, and turns of one role that follow each
 *       other are one;
 *   <li>a bound for the answer must be there: {@link #DEFAULT_MAX_TOKENS} where the client gave
 *       none;
 *   <li>a temperature over 1 is 1;
 *   <li>what has no counterpart (penalties, logprobs, seed, response_format) is left out.
 * </ul>
 *
 * <p>What the pool's config sets or removes is in Anthropic's own words, and done last. A body
 * whose messages have another shape is sent as it came: the provider says what is wrong with it.
 */
public final class MessagesRequest {
  public static final int DEFAULT_MAX_TOKENS = 4096;

  private static final String TYPE = "type";
  private static final String TEXT = "text";
  private static final String CONTENT = "content";
  private static final String ROLE = "role";
  private static final String NAME = "name";
  private static final String FUNCTION = "function";
  private static final String DATA_URL = "data:";
  private static final Set<String> SYSTEM_ROLES = Set.of("system", "developer");

  private final JsonObject asked;
  private final JsonArray messages = new JsonArray();
  private final StringBuilder system = new StringBuilder();

  private MessagesRequest(JsonObject asked) {
    this.asked = asked;
  }

  /** The body as the pool's provider takes it. */
  public static Buffer of(byte[] body, int length, Pool pool) {
    Buffer given = Buffer.buffer(length).appendBytes(body, 0, length);
    try {
      JsonObject made = new MessagesRequest(new JsonObject(given)).translated(pool.servedModel());
      for (Map.Entry<String, String> set : pool.set().entrySet()) {
        made.put(set.getKey(), Json.decodeValue(set.getValue()));
      }
      pool.remove().forEach(made::remove);
      return made.toBuffer();
    } catch (ClassCastException
        | NullPointerException
        | DecodeException
        | IllegalArgumentException _) {
      return given;
    }
  }

  private JsonObject translated(String model) {
    for (Object message : asked.getJsonArray("messages", new JsonArray())) {
      message((JsonObject) message);
    }
    JsonObject made = new JsonObject().put("model", model).put("max_tokens", maxTokens());
    if (!system.isEmpty()) {
      made.put("system", system.toString());
    }
    made.put("messages", messages);
    tools(made);
    sampling(made);
    if (asked.getValue("user") instanceof String user) {
      made.put("metadata", new JsonObject().put("user_id", user));
    }
    if (asked.getValue("stream") instanceof Boolean stream) {
      made.put("stream", stream);
    }
    return made;
  }

  private int maxTokens() {
    Object newer = asked.getValue("max_completion_tokens");
    Object bound = newer == null ? asked.getValue("max_tokens") : newer;
    return bound instanceof Number tokens ? tokens.intValue() : DEFAULT_MAX_TOKENS;
  }

  private void sampling(JsonObject made) {
    if (asked.getValue("temperature") instanceof Number temperature) {
      made.put("temperature", temperature.doubleValue() > 1 ? Integer.valueOf(1) : temperature);
    }
    for (String same : new String[] {"top_p", "top_k"}) {
      if (asked.getValue(same) instanceof Number value) {
        made.put(same, value);
      }
    }
    Object stop = asked.getValue("stop");
    if (stop instanceof String one) {
      made.put("stop_sequences", new JsonArray().add(one));
    } else if (stop instanceof JsonArray several) {
      made.put("stop_sequences", several);
    }
  }

  // Messages.

  private void message(JsonObject message) {
    String role = message.getString(ROLE, "user");
    if (SYSTEM_ROLES.contains(role)) {
      instruct(message.getValue(CONTENT));
    } else if (role.equals("tool")) {
      turn("user").add(toolResult(message));
    } else if (role.equals("assistant")) {
      assistant(message);
    } else {
      parts(message.getValue(CONTENT), turn("user"));
    }
  }

  private void instruct(@Nullable Object content) {
    JsonArray parts = new JsonArray();
    parts(content, parts);
    for (Object part : parts) {
      String text = ((JsonObject) part).getString(TEXT, "");
      system.append(system.isEmpty() ? "" : "\n\n").append(text);
    }
  }

  private void assistant(JsonObject message) {
    JsonArray turn = turn("assistant");
    parts(message.getValue(CONTENT), turn);
    for (Object call : message.getJsonArray("tool_calls", new JsonArray())) {
      JsonObject function = ((JsonObject) call).getJsonObject(FUNCTION, new JsonObject());
      turn.add(
          new JsonObject()
              .put(TYPE, "tool_use")
              .put("id", ((JsonObject) call).getString("id"))
              .put(NAME, function.getString(NAME))
              .put("input", arguments(function.getString("arguments", ""))));
    }
  }

  private static JsonObject arguments(String text) {
    return text.isBlank() ? new JsonObject() : new JsonObject(text);
  }

  private static JsonObject toolResult(JsonObject message) {
    JsonObject result =
        new JsonObject()
            .put(TYPE, "tool_result")
            .put("tool_use_id", message.getString("tool_call_id"));
    Object content = message.getValue(CONTENT);
    if (content instanceof String text) {
      return result.put(CONTENT, text);
    }
    JsonArray parts = new JsonArray();
    parts(content, parts);
    return result.put(CONTENT, parts);
  }

  /** The content of the turn that the next message belongs to. */
  private JsonArray turn(String role) {
    if (!messages.isEmpty()) {
      JsonObject last = messages.getJsonObject(messages.size() - 1);
      if (last.getString(ROLE).equals(role)) {
        return last.getJsonArray(CONTENT);
      }
    }
    JsonArray content = new JsonArray();
    messages.add(new JsonObject().put(ROLE, role).put(CONTENT, content));
    return content;
  }

  /** Appends a text or a list of parts; an empty text is refused there, and says nothing here. */
  private static void parts(@Nullable Object content, JsonArray to) {
    if (content instanceof String text) {
      text(text, to);
    } else if (content instanceof JsonArray parts) {
      for (Object each : parts) {
        JsonObject part = (JsonObject) each;
        switch (part.getString(TYPE, TEXT)) {
          case TEXT -> text(part.getString(TEXT, ""), to);
          case "refusal" -> text(part.getString("refusal", ""), to);
          case "image_url" -> to.add(image(part.getJsonObject("image_url").getString("url")));
          default -> to.add(part);
        }
      }
    }
  }

  private static void text(String text, JsonArray to) {
    if (!text.isEmpty()) {
      to.add(new JsonObject().put(TYPE, TEXT).put(TEXT, text));
    }
  }

  /** {@code data:image/png;base64,...} carries the image; any other URL names it. */
  private static JsonObject image(String url) {
    JsonObject source = new JsonObject();
    int comma = url.indexOf(',');
    if (url.startsWith(DATA_URL) && comma > 0) {
      String kind = url.substring(DATA_URL.length(), comma);
      int end = kind.indexOf(';');
      source
          .put(TYPE, "base64")
          .put("media_type", (end < 0 ? kind : kind.substring(0, end)).toLowerCase(Locale.ROOT))
          .put("data", url.substring(comma + 1));
    } else {
      source.put(TYPE, "url").put("url", url);
    }
    return new JsonObject().put(TYPE, "image").put("source", source);
  }

  // Tools.

  private void tools(JsonObject made) {
    JsonArray given = asked.getJsonArray("tools", new JsonArray());
    JsonArray tools = new JsonArray();
    for (Object each : given) {
      JsonObject tool = (JsonObject) each;
      tools.add(tool.getValue(FUNCTION) instanceof JsonObject function ? tool(function) : tool);
    }
    if (tools.isEmpty()) {
      return;
    }
    made.put("tools", tools);
    JsonObject choice = toolChoice(asked.getValue("tool_choice"));
    boolean oneAtATime = Boolean.FALSE.equals(asked.getValue("parallel_tool_calls"));
    if (oneAtATime && !"none".equals(choice.getString(TYPE, "auto"))) {
      choice.put(TYPE, choice.getString(TYPE, "auto")).put("disable_parallel_tool_use", true);
    }
    if (!choice.isEmpty()) {
      made.put("tool_choice", choice);
    }
  }

  private static JsonObject tool(JsonObject function) {
    JsonObject tool = new JsonObject().put(NAME, function.getString(NAME));
    if (function.getValue("description") instanceof String description) {
      tool.put("description", description);
    }
    return tool.put(
        "input_schema",
        function.getJsonObject(
            "parameters",
            new JsonObject().put(TYPE, "object").put("properties", new JsonObject())));
  }

  /** Empty where the client made none. */
  private static JsonObject toolChoice(@Nullable Object choice) {
    JsonObject made = new JsonObject();
    if (choice instanceof String word) {
      made.put(TYPE, word.equals("required") ? "any" : word);
    } else if (choice instanceof JsonObject named) {
      made.put(TYPE, "tool").put(NAME, named.getJsonObject(FUNCTION).getString(NAME));
    }
    return made;
  }
}
