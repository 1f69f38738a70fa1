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
 * The number comes first, so that no cache of answers or of prompts' beginnings knows any of it.
 */
final class Bodies {
  /** What chat templates add to a message, about. */
  private static final int TEMPLATE_TOKENS = 7;

  private final LoadGenerator.Ask ask;
  private final long seed;
  private final String head;
  private String text = "";
  private List<Integer> ends = List.of();

  Bodies(LoadGenerator.Ask ask, long seed) {
    this.ask = ask;
    this.seed = seed;
    this.head =
        "{\"model\":"
            + Json.encode(ask.model())
            + ",\"messages\":[{\"role\":\"user\",\"content\":\"";
  }

  Buffer body(int request, int promptTokens, int maxTokens) {
    String number = "Request " + request + ": ";
    int tokens = promptTokens - TEMPLATE_TOKENS - Tokenizer.count(number);
    var body = Buffer.buffer(head.length() + promptTokens * 5 + 200);
    body.appendString(head).appendString(number).appendString(text(Math.max(0, tokens)));
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
