package io.penstock.gateway.anthropic;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayOutputStream;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The events of a message's stream as chunks of chat completions. Each block is a run of the one
 * choice's content or one of its tool calls, which are numbered as they come; a tool call without
 * any input gets the empty object, since an empty text is no JSON. The usage comes in a last frame
 * of its own, from the beginning's count of the prompt and the end's of the answer.
 */
final class MessageStream implements MessagesAnswer {
  private static final int MAX_EVENT_BYTES = 16 << 20;
  private static final String DATA = "data:";
  private static final String DONE = "data: [DONE]\n\n";

  private final long createdSeconds;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final StringBuilder event = new StringBuilder();
  private final Tokens tokens = new Tokens();

  private @Nullable Buffer out;
  private String id = "";
  private String model = "";
  private int calls;
  private boolean inCall;
  private boolean inputGiven;
  private boolean over;

  MessageStream(long createdSeconds) {
    this.createdSeconds = createdSeconds;
  }

  @Override
  public @Nullable Buffer data(Buffer bytes) {
    out = null;
    for (int i = 0; i < bytes.length() && !over; i++) {
      byte next = bytes.getByte(i);
      if (next == '\n') {
        line();
      } else if (next != '\r') {
        line.write(next);
        if (line.size() + event.length() > MAX_EVENT_BYTES) {
          fail(new JsonObject().put("message", "The provider sent an event over all bounds."));
        }
      }
    }
    return out;
  }

  @Override
  public @Nullable Buffer end() {
    out = null;
    if (!over && line.size() > 0) {
      line();
    }
    if (!over) {
      dispatch();
    }
    return out;
  }

  private void line() {
    String text = line.toString(UTF_8);
    line.reset();
    if (text.isEmpty()) {
      dispatch();
    } else if (text.startsWith(DATA)) {
      event.append(text, DATA.length(), text.length()).append('\n');
    }
  }

  private void dispatch() {
    if (event.isEmpty()) {
      return;
    }
    String json = event.toString();
    event.setLength(0);
    try {
      take(new JsonObject(json));
    } catch (DecodeException | ClassCastException _) {
      fail(new JsonObject().put("message", "The provider sent an event that is none."));
    }
  }

  private void take(JsonObject told) {
    switch (Given.text(told, "type", "")) {
      case "message_start" -> start(Given.object(told, "message"));
      case "content_block_start" -> block(Given.object(told, "content_block"));
      case "content_block_delta" -> delta(Given.object(told, "delta"));
      case "content_block_stop" -> blockOver();
      case "message_delta" -> finish(told);
      case "message_stop" -> stop();
      case "error" -> fail(Given.object(told, "error"));
      default -> {}
    }
  }

  private void start(JsonObject message) {
    id = Given.text(message, "id", "");
    model = Given.text(message, "model", "");
    tokens.told(Given.object(message, "usage"));
    chunk(new JsonObject().put("role", "assistant").put("content", ""), null);
  }

  private void block(JsonObject block) {
    switch (Given.text(block, "type", "")) {
      case "tool_use" -> {
        inCall = true;
        inputGiven = false;
        JsonObject function =
            new JsonObject().put("name", block.getString("name")).put("arguments", "");
        call(
            new JsonObject()
                .put("index", calls)
                .put("id", block.getString("id"))
                .put("type", "function")
                .put("function", function));
      }
      case "text" -> say("content", Given.text(block, "text", ""));
      default -> {}
    }
  }

  private void delta(JsonObject delta) {
    switch (Given.text(delta, "type", "")) {
      case "text_delta" -> say("content", Given.text(delta, "text", ""));
      case "thinking_delta" -> say("reasoning_content", Given.text(delta, "thinking", ""));
      case "input_json_delta" -> input(Given.text(delta, "partial_json", ""));
      default -> {}
    }
  }

  private void say(String member, String text) {
    if (!text.isEmpty()) {
      chunk(new JsonObject().put(member, text), null);
    }
  }

  private void input(String json) {
    if (inCall && !json.isEmpty()) {
      inputGiven = true;
      call(
          new JsonObject()
              .put("index", calls)
              .put("function", new JsonObject().put("arguments", json)));
    }
  }

  private void call(JsonObject call) {
    chunk(new JsonObject().put("tool_calls", new JsonArray().add(call)), null);
  }

  private void blockOver() {
    if (inCall) {
      if (!inputGiven) {
        input("{}");
      }
      inCall = false;
      calls++;
    }
  }

  private void finish(JsonObject told) {
    tokens.told(Given.object(told, "usage"));
    String reason = Words.finishReason(Given.object(told, "delta").getString("stop_reason"));
    if (reason != null) {
      chunk(new JsonObject(), reason);
    }
  }

  private void stop() {
    over = true;
    write(frame().put("choices", new JsonArray()).put("usage", tokens.openai()));
    Objects.requireNonNull(out).appendString(DONE);
  }

  /** An error is the last frame; its code is the status that it would have had. */
  private void fail(JsonObject error) {
    over = true;
    write(Words.error(error, Words.statusOf(Given.text(error, "type", ""))));
  }

  private void chunk(JsonObject delta, @Nullable String finishReason) {
    JsonObject choice =
        new JsonObject()
            .put("index", 0)
            .put("delta", delta)
            .put("logprobs", null)
            .put("finish_reason", finishReason);
    write(frame().put("choices", new JsonArray().add(choice)));
  }

  private JsonObject frame() {
    return new JsonObject()
        .put("id", id)
        .put("object", "chat.completion.chunk")
        .put("created", createdSeconds)
        .put("model", model);
  }

  private void write(JsonObject frame) {
    Buffer to = out;
    if (to == null) {
      to = Buffer.buffer();
      out = to;
    }
    to.appendString(DATA).appendString(" ").appendString(frame.encode()).appendString("\n\n");
  }
}
