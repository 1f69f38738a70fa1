package io.penstock.gateway.classify;

import io.penstock.config.Complexity;
import io.penstock.config.ComplexityBands;
import io.penstock.gateway.call.Assessment;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Operation;
import io.penstock.gateway.call.ScannedBody;
import io.penstock.gateway.call.ScannedBody.Role;
import io.penstock.gateway.call.ScannedBody.Text;
import java.util.List;

/**
 * What a call asks of a model server, from one pass over its text: how many tokens ({@link
 * TextScanner}) and how hard it is ({@link Score}). It runs on the event loop in a few microseconds
 * and knows no vocabulary and no model; the limits are settled later with the tokens that the model
 * server counted.
 *
 * <p>The last user message is what is asked; the turns before it and the system prompt weigh
 * little, and a long text's middle weighs by its length alone.
 */
public final class Classifier {
  /** What a chat template adds to each message: its role and its marks. */
  private static final int TOKENS_PER_MESSAGE = 4;

  /** One image at a common resolution. */
  private static final int TOKENS_PER_IMAGE = 765;

  private static final int BYTES_PER_TOKEN_OF_TOOLS = 4;
  private static final int EDGE_OF_EARLIER_TURNS = 256;

  private final Lexicon lexicon = Lexicon.shipped();
  private final ComplexityBands bands;

  public Classifier(ComplexityBands bands) {
    this.bands = bands;
  }

  /** What a call asks for. */
  public Demand measure(Call call) {
    ScannedBody body = call.body();
    Measured measured = scan(call);
    int prompt = promptTokens(call, measured);
    Assessment complexity = Score.of(measured.seen(body, prompt), bands);
    long choices = choices(body);
    int max = completionMax(call, choices);
    return new Demand(
        prompt,
        completionExpected(max, choices, complexity, measured.question),
        max,
        complexity,
        body.tools() > 0,
        body.images() > 0);
  }

  /** What was counted, apart by whose words they are. */
  private record Measured(Facts question, Facts earlier, Facts system, int messages, int turns) {
    Score.Seen seen(ScannedBody body, int promptTokens) {
      return new Score.Seen(
          question,
          earlier,
          system,
          promptTokens,
          turns,
          body.tools(),
          body.images(),
          body.maxTokens(),
          body.jsonOutput());
    }

    long tokens() {
      return (question.sixteenths + earlier.sixteenths + system.sixteenths + 8) / 16;
    }
  }

  private Measured scan(Call call) {
    ScannedBody body = call.body();
    List<Text> texts = body.texts();
    boolean chat = call.operation() == Operation.CHAT_COMPLETIONS;
    int asked = lastUserMessage(texts);
    var question = new Facts();
    var earlier = new Facts();
    var system = new Facts();
    int messages = 0;
    int turns = 0;
    int message = -1;
    for (Text text : texts) {
      if (text.message() != message) {
        message = text.message();
        messages++;
        turns += chat && text.role() == Role.USER ? 1 : 0;
      }
      if (message == asked || !chat) {
        scan(body, text, question, TextScanner.EDGE_BYTES);
      } else if (text.role() == Role.SYSTEM) {
        scan(body, text, system, 0);
      } else {
        scan(body, text, earlier, text.role() == Role.USER ? EDGE_OF_EARLIER_TURNS : 0);
      }
    }
    return new Measured(question, earlier, system, messages, turns);
  }

  private void scan(ScannedBody body, Text text, Facts facts, int edge) {
    TextScanner.scan(lexicon, body.bytes(), text.span(), facts, edge);
  }

  private static int lastUserMessage(List<Text> texts) {
    for (int i = texts.size() - 1; i >= 0; i--) {
      if (texts.get(i).role() == Role.USER) {
        return texts.get(i).message();
      }
    }
    return -1;
  }

  private static int promptTokens(Call call, Measured measured) {
    ScannedBody body = call.body();
    boolean chat = call.operation() == Operation.CHAT_COMPLETIONS;
    long tokens = measured.tokens() + body.tokenIds();
    tokens += chat ? (long) TOKENS_PER_MESSAGE * measured.messages : 0;
    tokens += (long) TOKENS_PER_IMAGE * body.images();
    tokens += body.tools() > 0 ? toolBytes(body) / BYTES_PER_TOKEN_OF_TOOLS : 0;
    return Math.clamp(tokens, 1, Integer.MAX_VALUE);
  }

  private static long toolBytes(ScannedBody body) {
    long bytes = 0;
    for (ScannedBody.Field field : body.fields()) {
      if (field.name().equals("tools") || field.name().equals("functions")) {
        bytes += field.value().length();
      }
    }
    return bytes;
  }

  /** How many answers are asked for: each prompt of a batch is answered. */
  private static long choices(ScannedBody body) {
    return (long) Math.max(1, body.prompts()) * Math.max(1, body.choices());
  }

  private static int completionMax(Call call, long choices) {
    if (call.operation() == Operation.EMBEDDINGS) {
      return 0;
    }
    int each = call.body().maxTokens();
    return each < 0 ? Demand.OPEN : (int) Math.min(Integer.MAX_VALUE, each * choices);
  }

  private static int completionExpected(
      int max, long choices, Assessment complexity, Facts question) {
    if (max == 0) {
      return 0;
    }
    int each =
        question.requestedTokens > 0
            ? question.requestedTokens
            : usual(complexity.level(), question);
    long expected = Math.min(Integer.MAX_VALUE, each * choices);
    return (int) (max == Demand.OPEN ? expected : Math.min(max, expected));
  }

  /** What answers of a class are long, before the gateway has seen any of its own traffic. */
  private static int usual(Complexity level, Facts question) {
    boolean brief = question.count(Category.BRIEF) > 0;
    return switch (level) {
      case SIMPLE -> brief ? 40 : 150;
      case MEDIUM -> brief ? 150 : 350;
      case COMPLEX -> 700;
    };
  }
}
