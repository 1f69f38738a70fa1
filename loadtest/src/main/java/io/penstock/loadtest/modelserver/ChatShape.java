package io.penstock.loadtest.modelserver;

import io.penstock.loadtest.modelserver.Answer.Piece;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Chat completions.
 *
 * @param logprobs as in {@link GenerationRequest}
 */
record ChatShape(int logprobs) implements Shape {
  @Override
  public JsonObject opening(int choice) {
    return element(choice, new JsonObject().put("role", "assistant").put("content", ""), null);
  }

  @Override
  public JsonObject delta(int choice, Answer answer, int token) {
    var piece = answer.pieces().get(token);
    var element = element(choice, delta(answer, piece), probabilities(List.of(piece)));
    if (token == answer.pieces().size() - 1) {
      element.put("finish_reason", answer.finishReason()).put("stop_reason", answer.stopReason());
    }
    return element;
  }

  private static JsonObject delta(Answer answer, Piece piece) {
    if (piece.tool() < 0) {
      return new JsonObject().put("content", piece.text());
    }
    var call = new JsonObject();
    if (piece.opens()) {
      call.put("id", answer.toolCalls().get(piece.tool()).id()).put("type", "function");
    }
    call.put("index", piece.tool());
    return new JsonObject()
        .put(
            "tool_calls",
            new JsonArray()
                .add(
                    call.put(
                        "function",
                        piece.opens()
                            ? new JsonObject().put("name", piece.text()).put("arguments", "")
                            : new JsonObject().put("arguments", piece.text()))));
  }

  private static JsonObject element(int choice, JsonObject delta, @Nullable JsonObject logprobs) {
    return new JsonObject()
        .put("index", choice)
        .put("delta", delta)
        .put("logprobs", logprobs)
        .putNull("finish_reason")
        .putNull("token_ids");
  }

  @Override
  public JsonObject whole(int choice, Answer answer) {
    return new JsonObject()
        .put("index", choice)
        .put("message", message(answer))
        .put("logprobs", probabilities(answer.pieces()))
        .put("finish_reason", answer.finishReason())
        .put("stop_reason", answer.stopReason())
        .putNull("token_ids");
  }

  private static JsonObject message(Answer answer) {
    var calls = new JsonArray();
    for (var call : answer.toolCalls()) {
      var function = new JsonObject().put("name", call.name()).put("arguments", call.arguments());
      calls.add(
          new JsonObject().put("id", call.id()).put("type", "function").put("function", function));
    }
    return new JsonObject()
        .put("role", "assistant")
        .put("content", calls.isEmpty() ? answer.content() : null)
        .putNull("refusal")
        .putNull("annotations")
        .putNull("audio")
        .putNull("function_call")
        .put("tool_calls", calls)
        .putNull("reasoning");
  }

  private @Nullable JsonObject probabilities(List<Piece> pieces) {
    if (logprobs < 0) {
      return null;
    }
    var content = new JsonArray();
    for (String token : Shape.said(pieces)) {
      var top = new JsonArray();
      Shape.alternatives(token, logprobs).forEach(other -> top.add(probability(other)));
      content.add(probability(token).put("top_logprobs", top));
    }
    return new JsonObject().put("content", content);
  }

  private static JsonObject probability(String token) {
    var bytes = new JsonArray();
    for (byte one : token.getBytes(StandardCharsets.UTF_8)) {
      bytes.add(one & 255);
    }
    return new JsonObject()
        .put("token", token)
        .put("logprob", Shape.logprob(token))
        .put("bytes", bytes);
  }

  @Override
  public String streamObject() {
    return "chat.completion.chunk";
  }

  @Override
  public String wholeObject() {
    return "chat.completion";
  }
}
