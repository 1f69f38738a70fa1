package io.penstock.gateway.relay;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

/**
 * One pass over one JSON object of an answer, a stream's chunk or a whole: where the few members
 * are that matter, and what they say. Nothing is built and nothing copied; the object is used again
 * for the next chunk, since a token must not cost an allocation.
 *
 * <p>It trusts a model server to write JSON and checks only what it needs to find its way.
 */
final class AnswerScan {
  private static final int NO = -1;

  private static final byte[] MODEL = ascii("model");
  private static final byte[] USAGE = ascii("usage");
  private static final byte[] ERROR = ascii("error");
  private static final byte[] OBJECT = ascii("object");
  private static final byte[] QUOTED_ERROR = ascii("\"error\"");
  private static final byte[] DATA = ascii("data");
  private static final byte[] CHOICES = ascii("choices");
  private static final byte[] DELTA = ascii("delta");
  private static final byte[] MESSAGE = ascii("message");
  private static final byte[] TEXT = ascii("text");
  private static final byte[] ROLE = ascii("role");
  private static final byte[] FINISH_REASON = ascii("finish_reason");
  private static final byte[] PROMPT_TOKENS = ascii("prompt_tokens");
  private static final byte[] COMPLETION_TOKENS = ascii("completion_tokens");
  private static final byte[] PROMPT_DETAILS = ascii("prompt_tokens_details");
  private static final byte[] CACHED_TOKENS = ascii("cached_tokens");
  private static final byte[] COMPLETION_DETAILS = ascii("completion_tokens_details");
  private static final byte[] REASONING_TOKENS = ascii("reasoning_tokens");
  private static final byte[] TOTAL_TOKENS = ascii("total_tokens");

  /** What kind of object is being walked, hence which of its members matter. */
  private enum Within {
    TOP,
    CHOICE,
    DELTA,
    USAGE,
    PROMPT_DETAILS,
    COMPLETION_DETAILS
  }

  private byte[] bytes = new byte[0];
  private int end;

  private int modelStart;
  private int modelEnd;
  private int usageStart;
  private int usageEnd;
  private boolean usageGiven;
  private int promptTokens;
  private int cachedTokens;
  private int completionTokens;
  private int reasoningTokens;
  private int totalTokens;
  private int errorStart;
  private boolean data;
  private boolean choices;
  private int choiceCount;
  private int contents;
  private boolean choiceHasContent;
  private boolean finished;

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }

  /** Reads the object in a range; whether it is one. */
  boolean scan(byte[] source, int start, int stop) {
    bytes = source;
    end = stop;
    modelStart = NO;
    usageStart = NO;
    usageEnd = NO;
    usageGiven = false;
    promptTokens = 0;
    cachedTokens = 0;
    completionTokens = 0;
    reasoningTokens = 0;
    totalTokens = 0;
    errorStart = NO;
    data = false;
    choices = false;
    choiceCount = 0;
    contents = 0;
    finished = false;
    int after = object(Within.TOP, space(start));
    return after != NO && space(after) == end;
  }

  /** Whether there is a {@code model}, and where its JSON string is. */
  boolean hasModel() {
    return modelStart != NO;
  }

  int modelStart() {
    return modelStart;
  }

  int modelEnd() {
    return modelEnd;
  }

  /** Whether there is a {@code usage} member, null included. */
  boolean hasUsageMember() {
    return usageStart != NO;
  }

  /** The {@code usage} member with the one comma that must go with it. */
  int usageStart() {
    return usageStart;
  }

  int usageEnd() {
    return usageEnd;
  }

  /** Whether {@code usage} is an object. */
  boolean hasUsage() {
    return usageGiven;
  }

  int promptTokens() {
    return promptTokens;
  }

  int cachedTokens() {
    return cachedTokens;
  }

  /**
   * What the provider charges as completion. Most count what the model thought in it; those that
   * count it beside it say so by their total.
   */
  int completionTokens() {
    boolean beside = totalTokens == promptTokens + completionTokens + reasoningTokens;
    return beside ? completionTokens + reasoningTokens : completionTokens;
  }

  /** Whether there is an {@code error} that is not null, or the object is one itself. */
  boolean hasError() {
    return errorStart != NO;
  }

  boolean hasData() {
    return data;
  }

  boolean hasChoices() {
    return choices;
  }

  int choiceCount() {
    return choiceCount;
  }

  /** How many of the choices carry something that a model wrote. */
  int contents() {
    return contents;
  }

  /** Whether a choice has its {@code finish_reason}. */
  boolean finished() {
    return finished;
  }

  /** Walks an object; where it ends, or {@link #NO}. */
  private int object(Within within, int start) {
    if (at(start) != '{') {
      return NO;
    }
    int i = space(start + 1);
    if (at(i) == '}') {
      return i + 1;
    }
    int comma = NO;
    while (true) {
      int key = i;
      int keyEnd = string(key);
      if (keyEnd == NO) {
        return NO;
      }
      i = space(keyEnd);
      if (at(i) != ':') {
        return NO;
      }
      int value = space(i + 1);
      int valueEnd = member(within, key + 1, keyEnd - 1, value);
      if (valueEnd == NO) {
        return NO;
      }
      i = space(valueEnd);
      byte separator = at(i);
      if (separator != ',' && separator != '}') {
        return NO;
      }
      int next = separator == ',' ? space(i + 1) : NO;
      if (within == Within.TOP && is(key + 1, keyEnd - 1, USAGE)) {
        usageStart = next != NO || comma == NO ? key : comma;
        usageEnd = next != NO ? next : valueEnd;
      }
      if (separator == '}') {
        return i + 1;
      }
      comma = i;
      i = next;
    }
  }

  /** Takes in one member; where its value ends. */
  private int member(Within within, int key, int keyEnd, int value) {
    return switch (within) {
      case TOP -> topMember(key, keyEnd, value);
      case CHOICE -> choiceMember(key, keyEnd, value);
      case DELTA -> deltaMember(key, keyEnd, value);
      case USAGE -> usageMember(key, keyEnd, value);
      case PROMPT_DETAILS -> {
        if (is(key, keyEnd, CACHED_TOKENS)) {
          cachedTokens = number(value);
        }
        yield skip(value);
      }
      case COMPLETION_DETAILS -> {
        if (is(key, keyEnd, REASONING_TOKENS)) {
          reasoningTokens = number(value);
        }
        yield skip(value);
      }
    };
  }

  private int topMember(int key, int keyEnd, int value) {
    if (is(key, keyEnd, CHOICES)) {
      return at(value) == '[' ? choices(value) : skip(value);
    }
    if (is(key, keyEnd, USAGE) && at(value) == '{') {
      usageGiven = true;
      return object(Within.USAGE, value);
    }
    int after = skip(value);
    if (is(key, keyEnd, MODEL) && at(value) == '"') {
      modelStart = value;
      modelEnd = after;
    } else if (is(key, keyEnd, ERROR) && at(value) != 'n') {
      errorStart = value;
    } else if (is(key, keyEnd, OBJECT) && is(value, after, QUOTED_ERROR)) {
      errorStart = value;
    } else if (is(key, keyEnd, DATA)) {
      data = true;
    }
    return after;
  }

  private int choices(int start) {
    choices = true;
    int i = space(start + 1);
    if (at(i) == ']') {
      return i + 1;
    }
    while (true) {
      choiceHasContent = false;
      i = object(Within.CHOICE, i);
      if (i == NO) {
        return NO;
      }
      choiceCount++;
      if (choiceHasContent) {
        contents++;
      }
      i = space(i);
      if (at(i) == ']') {
        return i + 1;
      }
      if (at(i) != ',') {
        return NO;
      }
      i = space(i + 1);
    }
  }

  private int choiceMember(int key, int keyEnd, int value) {
    if ((is(key, keyEnd, DELTA) || is(key, keyEnd, MESSAGE)) && at(value) == '{') {
      return object(Within.DELTA, value);
    }
    if (is(key, keyEnd, TEXT)) {
      choiceHasContent |= says(value);
    } else if (is(key, keyEnd, FINISH_REASON)) {
      finished |= at(value) == '"';
    }
    return skip(value);
  }

  private int deltaMember(int key, int keyEnd, int value) {
    choiceHasContent |= !is(key, keyEnd, ROLE) && says(value);
    return skip(value);
  }

  private int usageMember(int key, int keyEnd, int value) {
    if (is(key, keyEnd, PROMPT_TOKENS)) {
      promptTokens = number(value);
    } else if (is(key, keyEnd, COMPLETION_TOKENS)) {
      completionTokens = number(value);
    } else if (is(key, keyEnd, PROMPT_DETAILS) && at(value) == '{') {
      return object(Within.PROMPT_DETAILS, value);
    } else if (is(key, keyEnd, COMPLETION_DETAILS) && at(value) == '{') {
      return object(Within.COMPLETION_DETAILS, value);
    } else if (is(key, keyEnd, TOTAL_TOKENS)) {
      totalTokens = number(value);
    }
    return skip(value);
  }

  /** Whether a value is more than null, an empty string, an empty array or an empty object. */
  private boolean says(int value) {
    return switch (at(value)) {
      case '"' -> at(value + 1) != '"';
      case '[' -> at(space(value + 1)) != ']';
      case '{' -> at(space(value + 1)) != '}';
      default -> false;
    };
  }

  /** A count of tokens; 0 for what is none. */
  private int number(int i) {
    long value = 0;
    for (int at = i; at < end && bytes[at] >= '0' && bytes[at] <= '9'; at++) {
      value = Math.min(value * 10 + bytes[at] - '0', Integer.MAX_VALUE);
    }
    return (int) value;
  }

  /** Where a value ends, whatever it is. */
  private int skip(int start) {
    return switch (at(start)) {
      case '"' -> string(start);
      case '{', '[' -> nested(start);
      case 0, ',', '}', ']', ':' -> NO;
      default -> scalar(start);
    };
  }

  private int nested(int start) {
    int depth = 0;
    int i = start;
    while (i < end) {
      switch (bytes[i]) {
        case '"' -> {
          i = string(i);
          if (i == NO) {
            return NO;
          }
        }
        case '{', '[' -> {
          depth++;
          i++;
        }
        case '}', ']' -> {
          i++;
          if (--depth == 0) {
            return i;
          }
        }
        default -> i++;
      }
    }
    return NO;
  }

  private int scalar(int start) {
    int i = start;
    while (i < end && ",}] \t\r\n".indexOf(bytes[i]) < 0) {
      i++;
    }
    return i;
  }

  /** Where the string ends that begins here, past its closing quote. */
  private int string(int start) {
    if (at(start) != '"') {
      return NO;
    }
    for (int i = start + 1; i < end; i++) {
      byte b = bytes[i];
      if (b == '"') {
        return i + 1;
      }
      if (b == '\\') {
        i++;
      }
    }
    return NO;
  }

  private int space(int start) {
    int i = start;
    while (i < end
        && (bytes[i] == ' ' || bytes[i] == '\n' || bytes[i] == '\r' || bytes[i] == '\t')) {
      i++;
    }
    return i;
  }

  private byte at(int i) {
    return i < end ? bytes[i] : 0;
  }

  private boolean is(int start, int stop, byte[] name) {
    return stop - start == name.length && Arrays.equals(bytes, start, stop, name, 0, name.length);
  }
}
