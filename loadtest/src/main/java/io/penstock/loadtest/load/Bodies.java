package io.penstock.loadtest.load;

import io.penstock.loadtest.text.Dice;
import io.penstock.loadtest.text.Tokenizer;
import io.penstock.loadtest.text.Words;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.json.Json;
import java.util.ArrayList;
import java.util.List;

/**
 * The bodies of a load, cheap to make: the beginning of one long text behind the request's number.
 * The number comes first, so that no cache of answers or of prompts' beginnings knows any of it. Of
 * a trace that says which blocks of prompts are the same, each block is made so, behind its number.
 */
final class Bodies {
  /** What chat templates add to a message, about. */
  private static final int TEMPLATE_TOKENS = 7;

  private static final String SYSTEM = "{\"role\":\"system\",\"content\":\"";
  private static final String USER = "{\"role\":\"user\",\"content\":\"";
  private static final String END_OF_MESSAGE = "\"},";

  private final LoadGenerator.Ask ask;
  private final long seed;
  private final String head;
  private String text = "";
  private List<Integer> ends = List.of();

  Bodies(LoadGenerator.Ask ask, long seed) {
    this.ask = ask;
    this.seed = seed;
    this.head = "{\"model\":" + Json.encode(ask.model()) + ",\"messages\":[";
  }

  Buffer body(int request, int promptTokens, int maxTokens) {
    var body = Buffer.buffer(head.length() + promptTokens * 5 + 200);
    body.appendString(head).appendString(USER);
    block(body, "Request " + request + ": ", promptTokens - TEMPLATE_TOKENS);
    return end(body, maxTokens);
  }

  /**
   * A request of a trace. Where it says what prompts have in common, equal blocks become equal
   * text: the first one the system's message, the others the user's.
   */
  Buffer body(int request, Trace trace) {
    var row = trace.rows().get(request);
    if (row.blocks().isEmpty()) {
      return body(request, row.promptTokens(), Math.max(1, row.completionTokens()));
    }
    var body = Buffer.buffer(head.length() + row.promptTokens() * 5 + 200);
    body.appendString(head).appendString(SYSTEM);
    int left = row.promptTokens() - 2 * TEMPLATE_TOKENS;
    for (int i = 0; i < row.blocks().size(); i++) {
      if (i == 1) {
        body.appendString(END_OF_MESSAGE).appendString(USER);
      }
      block(body, "Block " + row.blocks().get(i) + ": ", Math.min(left, trace.blockTokens()));
      left -= trace.blockTokens();
    }
    return end(body, Math.max(1, row.completionTokens()));
  }

  /** So many tokens of which the first say what block it is. */
  private void block(Buffer body, String name, int tokens) {
    body.appendString(name).appendString(text(Math.max(0, tokens - Tokenizer.count(name))));
  }

  private Buffer end(Buffer body, int maxTokens) {
    body.appendString("\"}],\"max_tokens\":").appendString(Integer.toString(maxTokens));
    if (ask.fullLength()) {
      body.appendString(",\"ignore_eos\":true");
    }
    if (ask.stream()) {
      body.appendString(",\"stream\":true,\"stream_options\":{\"include_usage\":true}");
    }
    return body.appendString("}");
  }

  /** So many tokens, ready to stand in a JSON string. */
  private String text(int tokens) {
    if (tokens > ends.size()) {
      lengthen(Math.max(tokens, 2 * ends.size()));
    }
    return tokens == 0 ? "" : text.substring(0, ends.get(tokens - 1));
  }

  private void lengthen(int tokens) {
    text = Words.ofTokens(Dice.of(seed, "load"), tokens).replace('\n', ' ');
    ends = new ArrayList<>(tokens);
    int end = 0;
    for (String piece : Tokenizer.pieces(text)) {
      end += piece.length();
      ends.add(end);
    }
  }
}
