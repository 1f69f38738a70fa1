package io.penstock.gateway.accept;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/** The top-level fields that are read; the rest is {@link #OTHER}. */
enum Key {
  OTHER,
  MODEL,
  MESSAGES,
  PROMPT,
  INPUT,
  STREAM,
  STREAM_OPTIONS,
  MAX_TOKENS,
  MAX_COMPLETION_TOKENS,
  N,
  TEMPERATURE,
  SEED,
  TOOLS,
  FUNCTIONS,
  RESPONSE_FORMAT;

  private static final Spelling[] READ =
      Arrays.stream(values())
          .filter(key -> key != OTHER)
          .map(Spelling::new)
          .toArray(Spelling[]::new);

  private final String text = name().toLowerCase(Locale.ROOT);

  /** Its name as the API spells it. */
  String text() {
    return text;
  }

  /** The key whose name stands between two quotes, just passed. */
  static Key of(Json json, byte[] bytes, int start, int stop) {
    if (json.lastEscaped()) {
      return of(json.text(start, stop));
    }
    for (var spelling : READ) {
      if (spelling.isAt(bytes, start, stop)) {
        return spelling.key;
      }
    }
    return OTHER;
  }

  private static Key of(String decoded) {
    for (var spelling : READ) {
      if (spelling.key.text.equals(decoded)) {
        return spelling.key;
      }
    }
    return OTHER;
  }

  private record Spelling(Key key, byte[] bytes) {
    Spelling(Key key) {
      this(key, key.text.getBytes(StandardCharsets.US_ASCII));
    }

    boolean isAt(byte[] body, int start, int stop) {
      return bytes.length == stop - start
          && bytes[0] == body[start]
          && Arrays.equals(bytes, 0, bytes.length, body, start, stop);
    }
  }
}
