package io.penstock.planner.scenario;

import io.penstock.planner.size.Show;

/**
 * A sum over a document's own figures: numbers, {@code + - * /}, parentheses, {@code ceil}, {@code
 * floor}, and ranges as {@code 12..15}, of which every end is carried through.
 *
 * @param expression as it is written
 * @param low the least that it comes to
 * @param high the most
 */
public record Arithmetic(String expression, double low, double high) {

  /** Works out {@code expression}; throws with one line where it is none. */
  public static Arithmetic of(String expression) {
    var parser = new Parser(expression);
    var range = parser.sum();
    parser.end();
    if (!Double.isFinite(range.low) || !Double.isFinite(range.high)) {
      throw new IllegalArgumentException("\"" + expression + "\" comes to no number");
    }
    return new Arithmetic(expression, range.low, range.high);
  }

  /** {@code 8 * 12..15 = 96..120}. */
  public String text() {
    String value = low == high ? Show.number(low) : Show.number(low) + ".." + Show.number(high);
    return expression + " = " + value;
  }

  private record Range(double low, double high) {
    static Range over(double a, double b, double c, double d) {
      return new Range(
          Math.min(Math.min(a, b), Math.min(c, d)), Math.max(Math.max(a, b), Math.max(c, d)));
    }
  }

  /** By recursive descent, each level one kind of operator. */
  private static final class Parser {
    private final String text;
    private int at;

    Parser(String text) {
      this.text = text;
    }

    Range sum() {
      var left = product();
      while (true) {
        if (take('+')) {
          var right = product();
          left = new Range(left.low + right.low, left.high + right.high);
        } else if (take('-')) {
          var right = product();
          left = new Range(left.low - right.high, left.high - right.low);
        } else {
          return left;
        }
      }
    }

    private Range product() {
      var left = range();
      while (true) {
        if (take('*')) {
          var right = range();
          left =
              Range.over(
                  left.low * right.low,
                  left.low * right.high,
                  left.high * right.low,
                  left.high * right.high);
        } else if (take('/')) {
          var right = range();
          left =
              Range.over(
                  left.low / right.low,
                  left.low / right.high,
                  left.high / right.low,
                  left.high / right.high);
        } else {
          return left;
        }
      }
    }

    private Range range() {
      var from = atom();
      if (at + 1 < text.length() && text.startsWith("..", at)) {
        at += 2;
        return new Range(from.low, atom().high);
      }
      return from;
    }

    private Range atom() {
      skip();
      if (take('(')) {
        var inside = sum();
        expect(')');
        return inside;
      }
      if (word("ceil")) {
        var inside = atom();
        return new Range(Math.ceil(inside.low - 1e-9), Math.ceil(inside.high - 1e-9));
      }
      if (word("floor")) {
        var inside = atom();
        return new Range(Math.floor(inside.low + 1e-9), Math.floor(inside.high + 1e-9));
      }
      return number();
    }

    private Range number() {
      skip();
      int start = at;
      while (at < text.length() && isDigit(text.charAt(at)) && !text.startsWith("..", at)) {
        at++;
      }
      if (start == at) {
        throw refusal();
      }
      try {
        double value = Double.parseDouble(text.substring(start, at));
        return new Range(value, value);
      } catch (NumberFormatException _) {
        throw refusal();
      }
    }

    private static boolean isDigit(char c) {
      return (c >= '0' && c <= '9') || c == '.';
    }

    private boolean word(String name) {
      skip();
      boolean there = text.startsWith(name, at);
      if (there) {
        at += name.length();
      }
      return there;
    }

    private boolean take(char c) {
      skip();
      boolean there = at < text.length() && text.charAt(at) == c;
      if (there) {
        at++;
      }
      return there;
    }

    private void expect(char c) {
      if (!take(c)) {
        throw refusal();
      }
    }

    void end() {
      skip();
      if (at < text.length()) {
        throw refusal();
      }
    }

    private void skip() {
      while (at < text.length() && text.charAt(at) == ' ') {
        at++;
      }
    }

    private IllegalArgumentException refusal() {
      return new IllegalArgumentException(
          "\"" + text + "\" cannot be worked out at character " + (at + 1));
    }
  }
}
