package io.penstock.config.trace;

import io.penstock.config.trace.TraceLine.Unreadable;
import java.util.Arrays;

/**
 * One JSON object on one line. Fields that nobody asks for are passed over, whatever is in them; a
 * line is read once, without a tree.
 */
final class TraceJson {
  private final String text;
  private int at;

  private TraceJson(String text) {
    this.text = text;
  }

  static TraceLine read(String line) throws Unreadable {
    return new TraceJson(line).object();
  }

  private TraceLine object() throws Unreadable {
    var fields = new TraceLine();
    expect('{');
    if (peek() != '}') {
      do {
        field(fields);
      } while (more());
    }
    expect('}');
    if (peek() != 0) {
      throw broken();
    }
    return fields;
  }

  private boolean more() {
    if (peek() == ',') {
      at++;
      return true;
    }
    return false;
  }

  private void field(TraceLine fields) throws Unreadable {
    peek();
    String name = string();
    expect(':');
    var field = TraceLine.field(name);
    if (field == TraceLine.Field.BLOCKS) {
      fields.blocks = numbers(name);
    } else if (field == null || peek() == '{' || peek() == '[' || text.startsWith("null", at)) {
      skip();
    } else {
      fields.put(field, name, scalar());
    }
  }

  private String scalar() throws Unreadable {
    return peek() == '"' ? string() : word();
  }

  private String word() throws Unreadable {
    int from = at;
    while (at < text.length() && ",]} \t".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    if (from == at) {
      throw broken();
    }
    return text.substring(from, at);
  }

  private int[] numbers(String name) throws Unreadable {
    int[] numbers = new int[16];
    int count = 0;
    expect('[');
    if (peek() != ']') {
      do {
        peek();
        if (count == numbers.length) {
          numbers = Arrays.copyOf(numbers, 2 * count);
        }
        numbers[count++] = number(name);
      } while (more());
    }
    expect(']');
    return Arrays.copyOf(numbers, count);
  }

  /** Hashes may be longer than an int; equal ones stay equal. */
  private int number(String name) throws Unreadable {
    String word = scalar();
    try {
      long value = Long.parseLong(word);
      return value == (int) value ? (int) value : Long.hashCode(value);
    } catch (NumberFormatException _) {
      throw new Unreadable(name + " has '" + word + "': write a list of whole numbers");
    }
  }

  private void skip() throws Unreadable {
    char first = peek();
    if (first != '{' && first != '[') {
      scalar();
      return;
    }
    int depth = 0;
    do {
      char c = peek();
      if (c == 0) {
        throw broken();
      } else if (c == '"') {
        string();
        continue;
      } else if (c == '{' || c == '[') {
        depth++;
      } else if (c == '}' || c == ']') {
        depth--;
      }
      at++;
    } while (depth > 0);
  }

  private String string() throws Unreadable {
    if (peek() != '"') {
      throw broken();
    }
    int from = ++at;
    while (at < text.length() && text.charAt(at) != '"' && text.charAt(at) != '\\') {
      at++;
    }
    if (at < text.length() && text.charAt(at) == '"') {
      return text.substring(from, at++);
    }
    var value = new StringBuilder(text.substring(from, at));
    while (at < text.length() && text.charAt(at) != '"') {
      value.append(text.charAt(at) == '\\' ? escaped() : text.charAt(at));
      at++;
    }
    if (at == text.length()) {
      throw broken();
    }
    at++;
    return value.toString();
  }

  /** The character after a backslash; names and words of traces need no others. */
  private char escaped() throws Unreadable {
    at++;
    char c = at < text.length() ? text.charAt(at) : 0;
    return switch (c) {
      case '"', '\\', '/' -> c;
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'u' -> unicode();
      default -> throw broken();
    };
  }

  private char unicode() throws Unreadable {
    try {
      char c = (char) Integer.parseInt(text, at + 1, at + 5, 16);
      at += 4;
      return c;
    } catch (NumberFormatException | IndexOutOfBoundsException _) {
      throw broken();
    }
  }

  private void expect(char wanted) throws Unreadable {
    if (peek() != wanted) {
      throw broken();
    }
    at++;
  }

  /** The next character that is no space; 0: the line is over. */
  private char peek() {
    while (at < text.length() && text.charAt(at) <= ' ') {
      at++;
    }
    return at < text.length() ? text.charAt(at) : 0;
  }

  private Unreadable broken() {
    return new Unreadable(
        "is no JSON object at column "
            + (at + 1)
            + ": write one a line, as {\"time\": 0.5, \"prompt_tokens\": 120,"
            + " \"completion_tokens\": 80}");
  }
}
