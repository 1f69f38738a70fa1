package io.penstock.gateway.cache;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Takes JSON apart, one level at a time, into pieces of its own text: what is put together from
 * them again has every digit and every escape as it was. The text is bytes as Latin-1, so nothing
 * is decoded either. Anything that is not plainly JSON, a name that is written with an escape and a
 * name that comes twice are {@link Unclear}.
 */
final class Parts {
  static final String NULL = "null";

  private final String text;
  private int at;

  private Parts(String text) {
    this.text = text;
  }

  /** What cannot be read with certainty. */
  static final class Unclear extends RuntimeException {
    private static final long serialVersionUID = 1;

    Unclear(String why) {
      super(why, null, false, false);
    }
  }

  /** An object's members, in their order. */
  static Map<String, String> members(String text) {
    Parts parts = new Parts(text);
    Map<String, String> members = new LinkedHashMap<>();
    parts.open('{');
    while (!parts.closes('}')) {
      String name = parts.value();
      if (name.charAt(0) != '"' || name.indexOf('\\') >= 0) {
        throw new Unclear("a name");
      }
      parts.expect(':');
      if (members.put(name.substring(1, name.length() - 1), parts.value()) != null) {
        throw new Unclear("a name twice");
      }
      parts.comma('}');
    }
    return members;
  }

  /** An array's elements. */
  static List<String> elements(String text) {
    Parts parts = new Parts(text);
    List<String> elements = new ArrayList<>();
    parts.open('[');
    while (!parts.closes(']')) {
      elements.add(parts.value());
      parts.comma(']');
    }
    return elements;
  }

  /** What is between a string's quotes, escapes and all. */
  static String inside(String string) {
    if (string.charAt(0) != '"') {
      throw new Unclear("no string");
    }
    return string.substring(1, string.length() - 1);
  }

  /** Whether a value says nothing: it is null or an empty array. */
  static boolean saysNothing(String value) {
    return value.equals(NULL) || (value.charAt(0) == '[' && elements(value).isEmpty());
  }

  private void open(char bracket) {
    blank();
    expect(bracket);
    blank();
  }

  /** Whether the container ends here; nothing but white space may follow it. */
  private boolean closes(char bracket) {
    if (peek() != bracket) {
      return false;
    }
    at++;
    blank();
    if (at < text.length()) {
      throw new Unclear("more");
    }
    return true;
  }

  private void comma(char close) {
    blank();
    if (peek() == ',') {
      at++;
      blank();
      if (peek() == close) {
        throw new Unclear("a comma");
      }
    } else if (peek() != close) {
      throw new Unclear("no comma");
    }
  }

  private void expect(char wanted) {
    blank();
    if (peek() != wanted) {
      throw new Unclear("no " + wanted);
    }
    at++;
    blank();
  }

  private String value() {
    blank();
    int start = at;
    switch (peek()) {
      case '"' -> string();
      case '{', '[' -> nested();
      default -> scalar();
    }
    if (at == start) {
      throw new Unclear("no value");
    }
    return text.substring(start, at);
  }

  private void string() {
    for (at++; peek() != '"'; at++) {
      if (peek() == '\\') {
        at++;
      }
    }
    at++;
  }

  private void nested() {
    int depth = 0;
    do {
      switch (peek()) {
        case '"' -> string();
        case '{', '[' -> {
          depth++;
          at++;
        }
        case '}', ']' -> {
          depth--;
          at++;
        }
        default -> at++;
      }
    } while (depth > 0);
  }

  private void scalar() {
    while (at < text.length() && ",}] \t\r\n:".indexOf(text.charAt(at)) < 0) {
      at++;
    }
  }

  private void blank() {
    while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private char peek() {
    if (at >= text.length()) {
      throw new Unclear("an end");
    }
    return text.charAt(at);
  }
}
