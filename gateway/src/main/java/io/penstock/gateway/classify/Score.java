package io.penstock.gateway.classify;

import io.penstock.config.Complexity;
import io.penstock.config.ComplexityBands;
import io.penstock.gateway.call.Assessment;
import java.util.ArrayList;
import java.util.List;

/**
 * The score of a request: a sum of signals, each with a bound and each growing with its own value
 * alone, so that more of anything never makes a request easier and the dry run can show why it was
 * judged so. Most signals follow {@code bound * x / (x + half)}: the first word of a kind says
 * much, the tenth little. The bounds were chosen on the project's own labelled prompts; what they
 * do on public ones, and what they miss, is in docs/decisions/0002-complexity.md.
 *
 * <p>The sum is cut to [0,1] in the open, as a signal named {@code clamp}. A score just below a
 * border abstains: the harder class is taken, because a request that is answered too well costs
 * money and one that is answered badly costs the request.
 */
final class Score {
  private static final int WORDS_OF_A_SHORT_MESSAGE = 40;

  private final List<Assessment.Signal> signals = new ArrayList<>(10);
  private double sum;

  /** What was counted, by whose words it is. */
  record Seen(
      Facts question,
      Facts earlier,
      Facts system,
      int promptTokens,
      int userTurns,
      int tools,
      int images,
      int maxTokens,
      boolean jsonOutput) {}

  private Score() {}

  static Assessment of(Seen seen, ComplexityBands bands) {
    Score score = new Score();
    score.wording(seen.question);
    score.content(seen.question);
    score.request(seen);
    score.conversation(seen);
    return score.assessment(bands);
  }

  private void wording(Facts question) {
    int hard = question.count(Category.HARD);
    add("task", hard + question.count(Category.MIDDLING), 0.45, 0.32);
    add("reasoning", hard, 0.28, 1.1);
    add("multi_step", steps(question), 0.24, 3);
    add("constraints", question.count(Category.CONSTRAINT), 0.18, 3);
    if (question.words <= WORDS_OF_A_SHORT_MESSAGE) {
      add("simple_intent", question.count(Category.SIMPLE), -0.2, 0.8);
    }
    add("brief_answer", question.count(Category.BRIEF), -0.08, 1);
  }

  private static double steps(Facts question) {
    return question.count(Category.STEPS) + question.items + Math.max(0, question.questions - 1);
  }

  private void content(Facts question) {
    add("code", code(question), 0.26, 2.5);
    add("maths", maths(question), 0.34, 1.5);
    int quantities = question.numbers + question.count(Category.QUANTITY);
    if (quantities > 2) {
      add("quantities", quantities, 0.5, 4);
    }
    add("domain", question.count(Category.DOMAIN), 0.56, 1.5);
  }

  private static double code(Facts facts) {
    return facts.count(Category.CODE) + 4 * facts.fences + facts.codeSymbols / 12;
  }

  private static double maths(Facts facts) {
    return facts.count(Category.MATHS) + facts.formulas;
  }

  private void request(Seen seen) {
    show("prompt_tokens", seen.promptTokens, 0.12 * Math.min(1, log2(seen.promptTokens) / 7));
    add("requested_length", requestedLength(seen), 0.16, 1200);
    if (seen.tools > 0) {
      show("tools", seen.tools, 0.06 + rising(seen.tools, 0.12, 3));
    }
    if (seen.images > 0) {
      show("images", seen.images, 0.2 + rising(seen.images, 0.12, 2));
    }
    add("json_output", seen.jsonOutput ? 1 : 0, 0.1, 1);
  }

  /** Doublings of 32 tokens. */
  private static double log2(int tokens) {
    return Math.log(1 + tokens / 32.0) / Math.log(2);
  }

  /** Many clients send one bound with every request, so it counts for little beside words. */
  private static double requestedLength(Seen seen) {
    int byWords = seen.question.count(Category.LONG) * 500 + seen.question.requestedTokens;
    return byWords + Math.max(0, seen.maxTokens) / 8;
  }

  private void conversation(Seen seen) {
    add("turns", Math.max(0, seen.userTurns - 1), 0.08, 4);
    add("system_prompt", seen.system.tokens(), 0.06, 600);
    Facts earlier = seen.earlier;
    add(
        "history",
        2 * earlier.count(Category.HARD)
            + (code(earlier) + maths(earlier) + earlier.count(Category.DOMAIN)) / 2,
        0.16,
        3);
  }

  private void add(String name, double value, double bound, double half) {
    if (value > 0) {
      show(name, value, rising(value, bound, half));
    }
  }

  private static double rising(double value, double bound, double half) {
    return bound * value / (value + half);
  }

  private void show(String name, double value, double contribution) {
    signals.add(new Assessment.Signal(name, value, contribution));
    sum += contribution;
  }

  private Assessment assessment(ComplexityBands bands) {
    double score = Math.clamp(sum, 0, 1);
    if (score != sum) {
      signals.add(new Assessment.Signal("clamp", sum, score - sum));
    }
    Complexity safe = level(score + bands.abstain(), bands);
    return new Assessment(safe, score, safe != level(score, bands), List.copyOf(signals));
  }

  private static Complexity level(double score, ComplexityBands bands) {
    if (score >= bands.complex()) {
      return Complexity.COMPLEX;
    }
    return score >= bands.medium() ? Complexity.MEDIUM : Complexity.SIMPLE;
  }
}
