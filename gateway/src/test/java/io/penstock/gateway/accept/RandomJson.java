package io.penstock.gateway.accept;

import java.nio.charset.StandardCharsets;
import java.util.random.RandomGenerator;

/** Documents that look like requests, from a seed, and ways to break them. */
public final class RandomJson {
  private static final String[] KEYS = {
    "model",
    "messages",
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "n",
    "temperature",
    "seed",
    "tools",
    "response_format",
    "x",
    "größe",
    "\\u006dodel",
    "mess\\u0061ges",
    "a\\\"b",
    "",
    "\\ud83e\\udd14"
  };
  private static final String[] STRINGS = {
    "",
    "hello",
    "a rather longer text, in which eight bytes at a time make sense",
    "line\\nline\\ttab \\\\ \\/ \\b\\f\\r \\\"quoted\\\"",
    "\\u0041\\u00e9\\u20ac\\uD83E\\uDD14",
    "é€𐍈🤔 mixed with ascii é",
    "日本語のテキスト、長めのもの",
    "user",
    "json_object"
  };
  private static final String[] STREAM_OPTIONS = {
    "",
    "\"stream_options\":null,",
    "\"stream_options\": {},",
    "\"stream_options\":{\"include_usage\":false,\"x\":[1.0]},",
    "\"stream_options\" : { \"y\":{\"include_usage\":0}, \"include\\u005fusage\" : true } ,"
  };
  private static final String[] NUMBERS = {
    "0", "-0", "1", "-1", "12345678901234567890", "0.5", "1e5", "-1.25E-7", "1E+2", "100"
  };
  private static final String[] BROKEN = {
    "01",
    "1.",
    ".5",
    "+1",
    "1e",
    "-",
    "NaN",
    "tru",
    "nul",
    "'x'",
    "\"\\x\"",
    "\"\\u12g4\"",
    "\"a",
    "\"\\ud83e\"",
    "\"\\udd14\"",
    "\"\\ud83ex\"",
    "\"\\ud83e\\u0041\"",
    "\"\t\"",
    "",
    "[1,]",
    "{\"a\":1,}",
    "{a:1}",
    "[1 2]",
    "{\"a\" 1}",
    "{\"a\":}",
    "/* */1",
    "1}"
  };

  private final RandomGenerator random;

  public RandomJson(RandomGenerator random) {
    this.random = random;
  }

  byte[] document() {
    var text = new StringBuilder();
    blank(text);
    object(text, 0);
    blank(text);
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  /**
   * A document that most often is a chat request, too: of duplicate fields the last counts, and the
   * last ones are right.
   */
  public byte[] request() {
    String text = new String(document(), StandardCharsets.UTF_8);
    int close = text.lastIndexOf('}');
    boolean empty = text.substring(0, close).strip().equals("{");
    String content =
        """
        "model":"m","stream":true,%s"max_tokens":1,"n":1,"temperature":1,
        "max_completion_tokens":null,"tools":[],
        "messages":[{"role":"user","content":"hé"}]\
        """
            .formatted(pick(STREAM_OPTIONS));
    return (text.substring(0, close) + (empty ? "" : ",") + content + text.substring(close))
        .getBytes(StandardCharsets.UTF_8);
  }

  /** Changes, drops, adds or repeats a few bytes; many results are still well-formed. */
  byte[] mutated(byte[] document) {
    byte[] bytes = document.clone();
    for (int i = random.nextInt(3); i >= 0; i--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(5)) {
        case 0 -> bytes[at] = interesting();
        case 1 -> bytes = spliced(bytes, at, at + 1, new byte[0]);
        case 2 -> bytes = spliced(bytes, at, at, new byte[] {interesting()});
        case 3 -> bytes = spliced(bytes, at, bytes.length, new byte[0]);
        default -> {
          int from = random.nextInt(bytes.length);
          int to = Math.min(bytes.length, from + random.nextInt(12));
          bytes = spliced(bytes, at, at, java.util.Arrays.copyOfRange(bytes, from, to));
        }
      }
      if (bytes.length == 0) {
        return bytes;
      }
    }
    return bytes;
  }

  private byte interesting() {
    String syntax = "\"\\{}[],: \n01-+.eEutfn/\u0000\u001f\u007f";
    return random.nextInt(4) == 0
        ? (byte) random.nextInt(256)
        : (byte) syntax.charAt(random.nextInt(syntax.length()));
  }

  private static byte[] spliced(byte[] bytes, int from, int to, byte[] between) {
    byte[] result = new byte[bytes.length - (to - from) + between.length];
    System.arraycopy(bytes, 0, result, 0, from);
    System.arraycopy(between, 0, result, from, between.length);
    System.arraycopy(bytes, to, result, from + between.length, bytes.length - to);
    return result;
  }

  private void value(StringBuilder text, int depth) {
    int kind = random.nextInt(depth > 4 ? 6 : 9);
    switch (kind) {
      case 0 -> text.append(pick(NUMBERS));
      case 1 -> text.append(random.nextBoolean());
      case 2 -> text.append("null");
      case 3, 4, 5 -> text.append('"').append(pick(STRINGS)).append('"');
      case 6 -> text.append(random.nextInt(20) == 0 ? pick(BROKEN) : "[]");
      case 7 -> object(text, depth + 1);
      default -> array(text, depth + 1);
    }
  }

  private void object(StringBuilder text, int depth) {
    text.append('{');
    for (int i = random.nextInt(5), n = i; i > 0; i--) {
      text.append(i == n ? "" : ",");
      blank(text);
      text.append('"').append(pick(KEYS)).append('"');
      blank(text);
      text.append(':');
      blank(text);
      value(text, depth);
      blank(text);
    }
    text.append('}');
  }

  private void array(StringBuilder text, int depth) {
    text.append('[');
    for (int i = random.nextInt(4), n = i; i > 0; i--) {
      text.append(i == n ? "" : ",");
      blank(text);
      value(text, depth);
      blank(text);
    }
    text.append(']');
  }

  private void blank(StringBuilder text) {
    if (random.nextInt(4) == 0) {
      text.append(" \n\r\t".charAt(random.nextInt(4)));
    }
  }

  private String pick(String[] from) {
    return from[random.nextInt(from.length)];
  }
}
