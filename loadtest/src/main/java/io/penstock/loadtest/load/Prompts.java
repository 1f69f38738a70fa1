package io.penstock.loadtest.load;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Conversations as people have them with assistants: small talk, code, maths, extraction, long
 * documents, several languages.
 */
public final class Prompts {
  private static final List<Prompt> ALL = read();

  private Prompts() {}

  /**
   * @param id unique among them
   * @param category what it is about
   * @param complexity what a reader would say: simple, medium or complex
   * @param maxTokens 0: none was asked for
   */
  public record Prompt(
      String id, String category, String complexity, JsonArray messages, int maxTokens) {
    /** The body of a chat completion. */
    public JsonObject body(String model, boolean stream) {
      var body = new JsonObject().put("model", model).put("messages", messages);
      if (maxTokens > 0) {
        body.put("max_tokens", maxTokens);
      }
      return stream ? body.put("stream", true) : body;
    }
  }

  public static List<Prompt> all() {
    return ALL;
  }

  private static List<Prompt> read() {
    try (InputStream stream = Prompts.class.getResourceAsStream("prompts.jsonl")) {
      if (stream == null) {
        throw new IllegalStateException("the build lacks prompts.jsonl");
      }
      var text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      return text.lines().map(JsonObject::new).map(Prompts::prompt).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Prompt prompt(JsonObject line) {
    return new Prompt(
        line.getString("id"),
        line.getString("category"),
        line.getString("complexity"),
        line.getJsonArray("messages"),
        line.getInteger("max_tokens", 0));
  }
}
