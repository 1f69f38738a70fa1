package io.penstock.gateway.accept;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The grammar of JSON over a client's bytes, strictly as RFC 8259 and RFC 3629 have it: nothing is
 * bound and nothing is allocated, every method takes a position and returns the one after what it
 * passed, and whatever a strict parser would not take is {@link Malformed}. Model servers answer
 * 500 to some of it (llama.cpp to half a surrogate pair), so it must end here.
 *
 * <p>A byte order mark is refused like any other character before the body: the bytes go on as they
 * came, and not every model server takes one. Nesting ends at {@link #MAX_DEPTH}.
 *
 * <p>A container is passed by its elements: {@link #first} gives the first element's position and
 * {@link #next} each further one; a negative result is the complement of the position after the
 * closing bracket.
 *
 * <p>Strings are most of a body. They are read eight bytes at a time: one subtraction a class
 * raises the high bit of each byte that is a quote, a backslash, a control character or outside
 * ASCII. A borrow can only raise a bit above a byte that raised its own, so the lowest is exact.
 */
final class Json {
  static final int MAX_DEPTH = 512;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long EACH = 0x0101_0101_0101_0101L;
  private static final long HIGH_BITS = 0x8080_8080_8080_8080L;
  private static final long CONTROLS = 0x20 * EACH;
  private static final long QUOTES = '"' * EACH;
  private static final long BACKSLASHES = '\\' * EACH;

  private final byte[] bytes;
  private final int end;
  private final int lastWord;
  private boolean escaped;

  Json(byte[] bytes, int length) {
    this.bytes = bytes;
    this.end = length;
    this.lastWord = bytes.length - Long.BYTES;
  }

  /** The byte at a position; the body's end is not one. */
  byte at(int p) {
    if (p >= end) {
      throw new Malformed("it ends too early", p);
    }
    return bytes[p];
  }

  int blank(int p) {
    int q = p;
    while (q < end && isBlank(bytes[q])) {
      q++;
    }
    return q;
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
  }

  /** The position of a container's first element, or the complement of the one after it. */
  int first(int p, char close) {
    int q = blank(p + 1);
    return at(q) == close ? ~(q + 1) : q;
  }

  /** The position of the next element, or the complement of the one after the container. */
  int next(int p, char close) {
    int q = blank(p);
    byte b = at(q);
    if (b == ',') {
      return blank(q + 1);
    }
    if (b != close) {
      throw new Malformed("',' or '" + close + "' is missing", q);
    }
    return ~(q + 1);
  }

  /** From after a key to the start of its value. */
  int colon(int p) {
    int q = blank(p);
    if (at(q) != ':') {
      throw new Malformed("':' is missing", q);
    }
    return blank(q + 1);
  }

  /** Passes any value; {@code depth} counts the containers around it. */
  int value(int p, int depth) {
    return switch (at(p)) {
      case '"' -> string(p);
      case '{' -> object(p, depth);
      case '[' -> array(p, depth);
      case 't' -> literal(p, "true");
      case 'f' -> literal(p, "false");
      case 'n' -> literal(p, "null");
      default -> number(p);
    };
  }

  private int object(int p, int depth) {
    checkDepth(p, depth);
    int q = first(p, '}');
    while (q >= 0) {
      q = next(value(colon(string(q)), depth + 1), '}');
    }
    return ~q;
  }

  private int array(int p, int depth) {
    checkDepth(p, depth);
    int q = first(p, ']');
    while (q >= 0) {
      q = next(value(q, depth + 1), ']');
    }
    return ~q;
  }

  private static void checkDepth(int p, int depth) {
    if (depth >= MAX_DEPTH) {
      throw new Malformed("it is nested deeper than " + MAX_DEPTH + " levels", p);
    }
  }

  private int literal(int p, String word) {
    for (int i = 0; i < word.length(); i++) {
      if (at(p + i) != word.charAt(i)) {
        throw new Malformed("a value is missing", p);
      }
    }
    return p + word.length();
  }

  int number(int p) {
    int q = at(p) == '-' ? p + 1 : p;
    q = at(q) == '0' ? q + 1 : digits(q, p);
    if (q < end && bytes[q] == '.') {
      q = digits(q + 1, p);
    }
    if (q < end && (bytes[q] | 0x20) == 'e') {
      byte sign = at(q + 1);
      q = digits(sign == '+' || sign == '-' ? q + 2 : q + 1, p);
    }
    return q;
  }

  /** Passes a number of digits alone; -1 where something else stands. */
  int natural(int p) {
    int q = p;
    while (q < end && isDigit(bytes[q])) {
      q++;
    }
    boolean whole = q == p + 1 || (q > p && bytes[p] != '0');
    return whole && (q == end || isBlank(bytes[q]) || bytes[q] == ',' || bytes[q] == ']') ? q : -1;
  }

  private int digits(int p, int valueStart) {
    int q = p;
    while (q < end && isDigit(bytes[q])) {
      q++;
    }
    if (q == p) {
      throw new Malformed(
          q == valueStart ? "a value is missing" : "a number lacks a digit", Math.min(q, end));
    }
    return q;
  }

  static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  /** Passes a string from its opening quote to after its closing one. */
  int string(int p) {
    if (at(p) != '"') {
      throw new Malformed("a string is missing", p);
    }
    escaped = false;
    int q = p + 1;
    while (true) {
      q = plain(q);
      byte b = at(q);
      if (b == '"') {
        return q + 1;
      }
      if (b == '\\') {
        escaped = true;
        q = escape(q);
      } else if (b < 0) {
        q = beyondAscii(q);
      } else {
        throw new Malformed("a string holds a control character", q);
      }
    }
  }

  /** Passes what may stand in a string as it is, in ASCII. */
  private int plain(int p) {
    int q = p;
    for (; q <= lastWord; q += Long.BYTES) {
      long word = (long) LONGS.get(bytes, q);
      long special =
          ((word - CONTROLS) | ((word ^ QUOTES) - EACH) | ((word ^ BACKSLASHES) - EACH) | word)
              & HIGH_BITS;
      if (special != 0) {
        return q + (Long.numberOfTrailingZeros(special) >>> 3);
      }
    }
    while (q < end && bytes[q] >= 0x20 && bytes[q] != '"' && bytes[q] != '\\') {
      q++;
    }
    return q;
  }

  private int escape(int p) {
    return switch (at(p + 1)) {
      case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> p + 2;
      case 'u' -> unicodeEscape(p);
      default -> throw new Malformed("a string holds an unknown escape", p);
    };
  }

  private int unicodeEscape(int p) {
    char unit = codeUnit(p);
    if (!Character.isSurrogate(unit)) {
      return p + 6;
    }
    if (Character.isLowSurrogate(unit)
        || at(p + 6) != '\\'
        || at(p + 7) != 'u'
        || !Character.isLowSurrogate(codeUnit(p + 6))) {
      throw new Malformed("a string holds half a surrogate pair", p);
    }
    return p + 12;
  }

  private char codeUnit(int p) {
    int unit = 0;
    for (int i = p + 2; i < p + 6; i++) {
      int digit = Character.digit(at(i), 16);
      if (digit < 0) {
        throw new Malformed("a string holds an unknown escape", p);
      }
      unit = unit << 4 | digit;
    }
    return (char) unit;
  }

  /** Passes a run of characters of more than one byte, and the spaces between its words. */
  private int beyondAscii(int p) {
    int q = p;
    while (q < end && (bytes[q] < 0 || bytes[q] == ' ')) {
      q = bytes[q] == ' ' ? q + 1 : character(q);
    }
    return q;
  }

  private int character(int p) {
    int lead = bytes[p] & 0xff;
    if (lead >= 0xc2 && lead <= 0xdf) {
      return continuation(p + 1, p, 0x80, 0xbf);
    }
    if (lead >= 0xe0 && lead <= 0xef) {
      int q = continuation(p + 1, p, lead == 0xe0 ? 0xa0 : 0x80, lead == 0xed ? 0x9f : 0xbf);
      return continuation(q, p, 0x80, 0xbf);
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
      int q = continuation(p + 1, p, lead == 0xf0 ? 0x90 : 0x80, lead == 0xf4 ? 0x8f : 0xbf);
      return continuation(continuation(q, p, 0x80, 0xbf), p, 0x80, 0xbf);
    }
    throw new Malformed("it is not UTF-8", p);
  }

  private int continuation(int p, int character, int lowest, int highest) {
    int b = p < end ? bytes[p] & 0xff : 0;
    if (b < lowest || b > highest) {
      throw new Malformed("it is not UTF-8", character);
    }
    return p + 1;
  }

  /** Whether the string that was passed last, between these quotes, spells a word. */
  boolean lastSpells(byte[] word, int start, int stop) {
    return escaped
        ? text(start, stop).equals(new String(word, StandardCharsets.ISO_8859_1))
        : Arrays.equals(bytes, start, stop, word, 0, word.length);
  }

  /** Whether the string that was passed last has escapes. */
  boolean lastEscaped() {
    return escaped;
  }

  /** The decoded inside of a string that was passed. */
  String text(int start, int stop) {
    String raw = new String(bytes, start, stop - start, StandardCharsets.UTF_8);
    if (raw.indexOf('\\') < 0) {
      return raw;
    }
    var text = new StringBuilder(raw.length());
    int i = 0;
    while (i < raw.length()) {
      char c = raw.charAt(i);
      if (c != '\\') {
        text.append(c);
        i++;
      } else if (raw.charAt(i + 1) == 'u') {
        text.append((char) Integer.parseInt(raw, i + 2, i + 6, 16));
        i += 6;
      } else {
        text.append(unescaped(raw.charAt(i + 1)));
        i += 2;
      }
    }
    return text.toString();
  }

  private static char unescaped(char c) {
    return switch (c) {
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      default -> c;
    };
  }

  /** The bytes are no JSON. It has no stack: that is the client's news, not a bug. */
  static final class Malformed extends RuntimeException {
    private static final long serialVersionUID = 1;

    Malformed(String what, int offset) {
      super(what + " (at byte " + offset + ')', null, false, false);
    }

    /** Which rule of the grammar is broken, and where. */
    String what() {
      return String.valueOf(getMessage());
    }
  }
}
