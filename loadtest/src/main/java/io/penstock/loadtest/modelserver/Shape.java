package io.penstock.loadtest.modelserver;

import io.penstock.loadtest.modelserver.Answer.Piece;
import io.penstock.loadtest.text.Dice;
import io.penstock.loadtest.text.Words;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How an answer looks: as chat or as text completion. */
sealed interface Shape permits ChatShape, TextShape {
  /** What the answer has so far cost. */
  record Usage(int promptTokens, int cachedTokens, int completionTokens) {
    JsonObject json() {
      return new JsonObject()
          .put("prompt_tokens", promptTokens)
          .put("total_tokens", promptTokens + completionTokens)
          .put("completion_tokens", completionTokens)
          .put(
              "prompt_tokens_details",
              cachedTokens == 0 ? null : new JsonObject().put("cached_tokens", cachedTokens));
    }
  }

  /** What comes before a choice's first token; null where nothing does. */
  @Nullable JsonObject opening(int choice);

  /** What a frame says of a choice with this token, the last one's with the reason. */
  JsonObject delta(int choice, Answer answer, int token);

  JsonObject whole(int choice, Answer answer);

  String streamObject();

  String wholeObject();

  static JsonObject envelope(
      String id, String object, long created, String model, JsonArray choices) {
    return new JsonObject()
        .put("id", id)
        .put("object", object)
        .put("created", created)
        .put("model", model)
        .put("choices", choices);
  }

  /** A made-up log probability of each token, always the same for the same token. */
  static double logprob(String token) {
    return -Math.round(Dice.of(7, token).fraction() * 2e4) / 1e4;
  }

  static List<String> alternatives(String token, int count) {
    var dice = Dice.of(11, token);
    return java.util.stream.Stream.concat(
            java.util.stream.Stream.of(token),
            java.util.stream.Stream.generate(() -> " " + Words.some(dice, 1)))
        .limit(count)
        .toList();
  }

  static List<String> said(List<Piece> pieces) {
    return pieces.stream().filter(piece -> piece.tool() < 0).map(Piece::text).toList();
  }
}
