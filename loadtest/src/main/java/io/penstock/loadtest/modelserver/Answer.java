package io.penstock.loadtest.modelserver;

import io.penstock.loadtest.modelserver.GenerationRequest.Prompt;
import io.penstock.loadtest.text.Dice;
import io.penstock.loadtest.text.Tokenizer;
import io.penstock.loadtest.text.Words;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What one choice will say, known before its first token: the engine decides only when.
 *
 * @param pieces the tokens, in order; never empty
 * @param stopReason the stop string that ended it
 */
record Answer(
    List<Piece> pieces,
    List<ToolCall> toolCalls,
    String finishReason,
    @Nullable String stopReason) {
  /**
   * One token.
   *
   * @param tool the tool call that it belongs to, or -1 for content
   * @param opens whether it is the call's name; its arguments follow
   */
  record Piece(String text, int tool, boolean opens) {}

  record ToolCall(String id, String name, String arguments) {}

  private static final double AUTO_TOOL_CHANCE = 0.5;

  String content() {
    return pieces.stream()
        .filter(piece -> piece.tool < 0)
        .map(Piece::text)
        .collect(Collectors.joining());
  }

  /** Equal requests get equal answers, from servers with the same seed. */
  static Answer plan(
      GenerationRequest request,
      Prompt prompt,
      int choice,
      ModelServer.Options options,
      int roomTokens) {
    var dice = Dice.of(options.seed(), prompt.text(), request.model(), request.seed(), choice);
    int limit = request.maxTokens() > 0 ? Math.min(request.maxTokens(), roomTokens) : roomTokens;
    boolean calls = callsTools(request, dice);
    if (calls) {
      return cut(toolPieces(request, dice), request.tools().choice(), limit);
    }
    if (request.format().json()) {
      return text(json(request.format().schema(), dice), request, limit);
    }
    int length = dice.length(options.behaviour().medianCompletionTokens(), 0.6);
    int wanted = request.ignoreEos() ? limit : Math.max(length, request.minTokens());
    String text = Words.ofTokens(dice, Math.min(wanted, limit));
    return text(wanted > limit || request.ignoreEos() ? cutWords(text) : text, request, limit);
  }

  /** A text that was broken off does not end with a full stop, and has as many tokens. */
  private static String cutWords(String text) {
    return text.endsWith(".") ? text.substring(0, text.length() - 1) + ";" : text;
  }

  private static boolean callsTools(GenerationRequest request, Dice dice) {
    var tools = request.tools();
    return switch (tools.choice()) {
      case "none" -> false;
      case "auto" -> !tools.answered() && dice.chance(AUTO_TOOL_CHANCE);
      default -> true;
    };
  }

  private static String json(@Nullable JsonObject schema, Dice dice) {
    return schema == null
        ? SchemaJson.object(dice).encode()
        : new SchemaJson(dice, schema).rootObject().encode();
  }

  private static Answer text(String text, GenerationRequest request, int limit) {
    var tokens = Tokenizer.pieces(text);
    boolean tooLong = tokens.size() > limit || request.ignoreEos() || text.endsWith(";");
    var within = tokens.subList(0, Math.min(tokens.size(), limit));
    var stopped = stopped(within, request.stops());
    return stopped != null
        ? stopped
        : new Answer(
            within.stream().map(Answer::content).toList(),
            List.of(),
            tooLong ? "length" : "stop",
            null);
  }

  /**
   * The tokens up to the first stop string; those that belong to it are generated but say nothing.
   */
  private static @Nullable Answer stopped(List<String> tokens, List<String> stops) {
    String text = String.join("", tokens);
    int at = -1;
    String reason = null;
    for (String stop : stops) {
      int found = text.indexOf(stop);
      if (found >= 0 && (at < 0 || found + stop.length() < at + reason(reason).length())) {
        at = found;
        reason = stop;
      }
    }
    return reason == null
        ? null
        : new Answer(upTo(tokens, at, at + reason.length()), List.of(), "stop", reason);
  }

  private static String reason(@Nullable String reason) {
    return reason == null ? "" : reason;
  }

  private static List<Piece> upTo(List<String> tokens, int saidChars, int generatedChars) {
    List<Piece> pieces = new ArrayList<>();
    int from = 0;
    for (String token : tokens) {
      if (from >= generatedChars) {
        break;
      }
      pieces.add(content(token.substring(0, Math.clamp(saidChars - from, 0, token.length()))));
      from += token.length();
    }
    return pieces;
  }

  private static Piece content(String text) {
    return new Piece(text, -1, false);
  }

  private static List<Piece> toolPieces(GenerationRequest request, Dice dice) {
    var tools = request.tools();
    boolean named = !List.of("auto", "required").contains(tools.choice());
    int calls = !named && tools.parallel() && dice.chance(0.3) ? 2 : 1;
    List<Piece> pieces = new ArrayList<>();
    for (int call = 0; call < calls; call++) {
      var function = named ? byName(tools.offered(), tools.choice()) : dice.one(tools.offered());
      var parameters =
          function.getValue("parameters") instanceof JsonObject schema ? schema : new JsonObject();
      pieces.add(new Piece(String.valueOf(function.getValue("name")), call, true));
      for (String token :
          Tokenizer.pieces(new SchemaJson(dice, parameters).rootObject().encode())) {
        pieces.add(new Piece(token, call, false));
      }
    }
    return pieces;
  }

  private static JsonObject byName(List<JsonObject> offered, String name) {
    return offered.stream()
        .filter(function -> name.equals(function.getValue("name")))
        .findFirst()
        .orElseThrow();
  }

  private static Answer cut(List<Piece> pieces, String toolChoice, int limit) {
    var within = pieces.subList(0, Math.min(limit, pieces.size()));
    boolean named = !List.of("auto", "required").contains(toolChoice);
    String finish = within.size() < pieces.size() ? "length" : named ? "stop" : "tool_calls";
    return new Answer(within, calls(within), finish, null);
  }

  private static List<ToolCall> calls(List<Piece> pieces) {
    List<ToolCall> calls = new ArrayList<>();
    int last = pieces.getLast().tool;
    for (int call = 0; call <= last; call++) {
      int index = call;
      var own = pieces.stream().filter(piece -> piece.tool == index).toList();
      String arguments = own.stream().skip(1).map(Piece::text).collect(Collectors.joining());
      String id = "chatcmpl-tool-" + Dice.of(index, own.getFirst().text, arguments).hex(32);
      calls.add(new ToolCall(id, own.getFirst().text, arguments));
    }
    return calls;
  }
}
