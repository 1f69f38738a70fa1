package io.penstock.config.trace;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one line under the names by which others know them: letters alone, in lower case,
 * so that {@code ContextTokens} and {@code context_tokens} are one.
 */
final class TraceLine {
  /** A line that is no request; the message says why and what to write. */
  static final class Unreadable extends Exception {
    private static final long serialVersionUID = 1;

    Unreadable(String message) {
      super(message, null, false, false);
    }
  }

  /** What a field means. */
  enum Field {
    /** Seconds, or a date and a time of day. */
    TIME,
    /** Milliseconds, or a date and a time of day. */
    MILLIS,
    PROMPT,
    COMPLETION,
    POOL,
    TIER,
    COMPLEXITY,
    PRIORITY,
    BLOCKS,
    OUTCOME
  }

  private static final Map<String, Field> NAMES =
      Map.ofEntries(
          Map.entry("time", Field.TIME),
          Map.entry("at", Field.TIME),
          Map.entry("seconds", Field.TIME),
          Map.entry("timestamp", Field.MILLIS),
          Map.entry("timems", Field.MILLIS),
          Map.entry("atms", Field.MILLIS),
          Map.entry("prompttokens", Field.PROMPT),
          Map.entry("inputtokens", Field.PROMPT),
          Map.entry("inputlength", Field.PROMPT),
          Map.entry("contexttokens", Field.PROMPT),
          Map.entry("completiontokens", Field.COMPLETION),
          Map.entry("outputtokens", Field.COMPLETION),
          Map.entry("outputlength", Field.COMPLETION),
          Map.entry("generatedtokens", Field.COMPLETION),
          Map.entry("pool", Field.POOL),
          Map.entry("tier", Field.TIER),
          Map.entry("complexity", Field.COMPLEXITY),
          Map.entry("priority", Field.PRIORITY),
          Map.entry("hashids", Field.BLOCKS),
          Map.entry("outcome", Field.OUTCOME));

  private static final int[] NO_BLOCKS = {};

  @Nullable Long nanos;
  int prompt = -1;
  int completion = -1;
  String pool = "";
  String tier = "";
  String complexity = "";
  String priority = "";
  int[] blocks = NO_BLOCKS;
  String outcome = "";

  /** The field that goes by this name; null: nobody asks for it. */
  static @Nullable Field field(String name) {
    var letters = new StringBuilder(name.length());
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (Character.isLetterOrDigit(c)) {
        letters.append(Character.toLowerCase(c));
      }
    }
    return NAMES.get(letters.toString());
  }

  void put(Field field, String name, String text) throws Unreadable {
    switch (field) {
      case TIME -> nanos = Times.nanos(name, text, 1e9);
      case MILLIS -> nanos = Times.nanos(name, text, 1e6);
      case PROMPT -> prompt = tokens(name, text);
      case COMPLETION -> completion = tokens(name, text);
      case POOL -> pool = text.intern();
      case TIER -> tier = text.intern();
      case COMPLEXITY -> complexity = text.intern();
      case PRIORITY -> priority = text.intern();
      case OUTCOME -> outcome = text;
      case BLOCKS -> throw new Unreadable(name + " must be a list of whole numbers");
    }
  }

  private static int tokens(String name, String text) throws Unreadable {
    try {
      int tokens = Integer.parseInt(text);
      if (tokens >= 0) {
        return tokens;
      }
    } catch (NumberFormatException _) {
      // said below
    }
    throw new Unreadable(name + " is '" + text + "': write a whole number of tokens, 0 or more");
  }

  /** A record of the journal for which no model server did anything: it says no tokens. */
  boolean isWithoutWork() {
    return !outcome.isEmpty() && (prompt < 0 || completion < 0);
  }

  /** The row, at its own time; those of the others are not known here. */
  TraceRow row() throws Unreadable {
    if (nanos == null) {
      throw new Unreadable("has no time: write \"time\" in seconds, or as 2026-01-31T12:00:00Z");
    }
    if (prompt < 0 || completion < 0) {
      throw new Unreadable(
          "has no "
              + (prompt < 0 ? "prompt_tokens" : "completion_tokens")
              + ": write how many tokens "
              + (prompt < 0 ? "came in" : "went out"));
    }
    return new TraceRow(nanos, prompt, completion, pool, tier, complexity, priority, blocks);
  }
}
