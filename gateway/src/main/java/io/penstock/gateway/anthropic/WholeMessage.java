package io.penstock.gateway.anthropic;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/** A message in one piece; what is none is passed on as it is, to be judged there. */
final class WholeMessage implements MessagesAnswer {
  private static final int MAX_BYTES = 64 << 20;

  private final long createdSeconds;
  private final Buffer body = Buffer.buffer();

  WholeMessage(long createdSeconds) {
    this.createdSeconds = createdSeconds;
  }

  @Override
  public @Nullable Buffer data(Buffer bytes) {
    if (body.length() + bytes.length() <= MAX_BYTES) {
      body.appendBuffer(bytes);
    }
    return null;
  }

  @Override
  public @Nullable Buffer end() {
    if (body.length() == 0) {
      return null;
    }
    try {
      JsonObject message = new JsonObject(body);
      return message.getValue("content") instanceof JsonArray content
          ? completion(message, content).toBuffer()
          : Words.error(body);
    } catch (DecodeException | ClassCastException _) {
      return body;
    }
  }

  private JsonObject completion(JsonObject message, JsonArray content) {
    Tokens tokens = new Tokens();
    tokens.told(Given.object(message, "usage"));
    JsonObject choice =
        new JsonObject()
            .put("index", 0)
            .put("message", answer(content))
            .put("logprobs", null)
            .put(
                "finish_reason",
                Words.finishReason(Given.text(message, "stop_reason", "end_turn")));
    return new JsonObject()
        .put("id", message.getString("id"))
        .put("object", "chat.completion")
        .put("created", createdSeconds)
        .put("model", message.getString("model"))
        .put("choices", new JsonArray().add(choice))
        .put("usage", tokens.openai());
  }

  private static JsonObject answer(JsonArray content) {
    StringBuilder text = new StringBuilder();
    StringBuilder thinking = new StringBuilder();
    JsonArray calls = new JsonArray();
    for (Object each : content) {
      if (!(each instanceof JsonObject block)) {
        continue;
      }
      switch (Given.text(block, "type", "")) {
        case "text" -> text.append(Given.text(block, "text", ""));
        case "thinking" -> thinking.append(Given.text(block, "thinking", ""));
        case "tool_use" -> calls.add(call(block));
        default -> {}
      }
    }
    JsonObject answer =
        new JsonObject()
            .put("role", "assistant")
            .put("content", text.isEmpty() && !calls.isEmpty() ? null : text.toString())
            .put("refusal", null);
    if (!thinking.isEmpty()) {
      answer.put("reasoning_content", thinking.toString());
    }
    return calls.isEmpty() ? answer : answer.put("tool_calls", calls);
  }

  private static JsonObject call(JsonObject block) {
    JsonObject input = Given.object(block, "input");
    return new JsonObject()
        .put("id", block.getString("id"))
        .put("type", "function")
        .put(
            "function",
            new JsonObject().put("name", block.getString("name")).put("arguments", input.encode()));
  }
}
