package io.penstock.loadtest.modelserver;

import io.penstock.loadtest.modelserver.Answer.Piece;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Text completions.
 *
 * @param logprobs as in {@link GenerationRequest}
 */
record TextShape(int logprobs) implements Shape {
  @Override
  public @Nullable JsonObject opening(int choice) {
    return null;
  }

  @Override
  public JsonObject delta(int choice, Answer answer, int token) {
    boolean last = token == answer.pieces().size() - 1;
    int offset =
        answer.pieces().subList(0, token).stream().mapToInt(piece -> piece.text().length()).sum();
    return element(choice, List.of(answer.pieces().get(token)), offset)
        .put("finish_reason", last ? answer.finishReason() : null)
        .put("stop_reason", last ? answer.stopReason() : null);
  }

  @Override
  public JsonObject whole(int choice, Answer answer) {
    return element(choice, answer.pieces(), 0)
        .put("finish_reason", answer.finishReason())
        .put("stop_reason", answer.stopReason())
        .putNull("token_ids")
        .putNull("prompt_logprobs");
  }

  private JsonObject element(int choice, List<Piece> pieces, int offset) {
    var tokens = Shape.said(pieces);
    return new JsonObject()
        .put("index", choice)
        .put("text", String.join("", tokens))
        .put("logprobs", probabilities(tokens, offset));
  }

  private @Nullable JsonObject probabilities(List<String> said, int from) {
    if (logprobs < 0) {
      return null;
    }
    var offsets = new JsonArray();
    var probabilities = new JsonArray();
    var tokens = new JsonArray();
    var top = new JsonArray();
    int offset = from;
    for (String token : said) {
      offsets.add(offset);
      probabilities.add(Shape.logprob(token));
      tokens.add(token);
      var best = new JsonObject();
      Shape.alternatives(token, logprobs).forEach(other -> best.put(other, Shape.logprob(other)));
      top.add(best);
      offset += token.length();
    }
    return new JsonObject()
        .put("text_offset", offsets)
        .put("token_logprobs", probabilities)
        .put("tokens", tokens)
        .put("top_logprobs", top);
  }

  @Override
  public String streamObject() {
    return "text_completion";
  }

  @Override
  public String wholeObject() {
    return "text_completion";
  }
}
