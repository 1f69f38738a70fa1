package io.penstock.loadtest.text;

import java.util.ArrayList;
import java.util.List;

/**
 * Cuts text into tokens of about four characters, exactly and without a vocabulary: a token is at
 * most one space and four letters, or three digits, or a run of up to four equal layout characters,
 * or one other character. A token's number is its characters packed into 31 bits, so every list of
 * tokens can be turned back into its text.
 *
 * <p>Where a token ends depends on nothing after it but the next character. Text that is cut at the
 * end of a token therefore counts as the tokens before the cut: what the server generates is what
 * it bills.
 */
public final class Tokenizer {
  private static final int LETTERS = 4;
  private static final int DIGITS = 3;
  private static final int RUN = 4;
  private static final int WIDE = 1 << 30;
  private static final int SPACED = 1 << 29;
  private static final String LAYOUT = " \t\n-=*#_~";

  private Tokenizer() {}

  /** Is told of one token. */
  @FunctionalInterface
  public interface Sink {
    void token(int from, int to);
  }

  /** Tells where each token begins and ends, in order. */
  public static void cut(String text, Sink sink) {
    int next;
    for (int at = 0; at < text.length(); at = next) {
      next = end(text, at);
      sink.token(at, next);
    }
  }

  public static int count(String text) {
    int tokens = 0;
    for (int at = 0; at < text.length(); at = end(text, at)) {
      tokens++;
    }
    return tokens;
  }

  public static List<String> pieces(String text) {
    List<String> pieces = new ArrayList<>(text.length() / 3 + 1);
    int next;
    for (int at = 0; at < text.length(); at = next) {
      next = end(text, at);
      pieces.add(text.substring(at, next));
    }
    return pieces;
  }

  public static int[] ids(String text) {
    return pieces(text).stream().mapToInt(Tokenizer::id).toArray();
  }

  public static String text(int[] ids) {
    var text = new StringBuilder();
    for (int id : ids) {
      append(text, id);
    }
    return text.toString();
  }

  private static int end(String text, int at) {
    char first = text.charAt(at);
    if (first == ' ' && at + 1 < text.length() && isLetter(text.charAt(at + 1))) {
      return letters(text, at + 1);
    }
    if (isLetter(first)) {
      return letters(text, at);
    }
    if (isDigit(first)) {
      return digits(text, at);
    }
    if (LAYOUT.indexOf(first) >= 0) {
      return run(text, at);
    }
    return at + Character.charCount(text.codePointAt(at));
  }

  private static int letters(String text, int from) {
    int at = from;
    while (at < text.length() && at - from < LETTERS && isLetter(text.charAt(at))) {
      at++;
    }
    return at;
  }

  private static int digits(String text, int from) {
    int at = from;
    while (at < text.length() && at - from < DIGITS && isDigit(text.charAt(at))) {
      at++;
    }
    return at;
  }

  /** The last space before a word belongs to the word. */
  private static int run(String text, int from) {
    char same = text.charAt(from);
    int at = from;
    while (at < text.length() && at - from < RUN && text.charAt(at) == same) {
      at++;
    }
    boolean beforeWord =
        same == ' ' && at - from > 1 && at < text.length() && isLetter(text.charAt(at));
    return beforeWord ? at - 1 : at;
  }

  private static int id(String piece) {
    int first = piece.codePointAt(0);
    if (first > 127) {
      return WIDE | first;
    }
    boolean spaced = first == ' ' && piece.length() > 1 && isLetter(piece.charAt(1));
    int packed = 0;
    for (int i = spaced ? 1 : 0; i < piece.length(); i++) {
      packed = packed << 7 | piece.charAt(i);
    }
    return spaced ? SPACED | packed : packed;
  }

  private static void append(StringBuilder text, int id) {
    if ((id & WIDE) != 0) {
      int codePoint = id & ~WIDE;
      text.appendCodePoint(Character.isValidCodePoint(codePoint) ? codePoint : 0xFFFD);
      return;
    }
    if ((id & SPACED) != 0) {
      text.append(' ');
    }
    boolean begun = false;
    for (int shift = 21; shift >= 0; shift -= 7) {
      int character = id >> shift & 127;
      begun |= character != 0 || shift == 0;
      if (begun) {
        text.append((char) character);
      }
    }
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
