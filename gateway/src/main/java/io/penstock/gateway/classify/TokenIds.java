package io.penstock.gateway.classify;

import io.penstock.gateway.call.Span;

/**
 * A prompt of token ids, {@code [1,2,3]} or {@code [[1,2],[3]]}, as completions and embeddings take
 * them: counted, not estimated.
 *
 * @param tokens how many ids
 * @param prompts how many lists of ids
 */
record TokenIds(int tokens, int prompts) {
  static final TokenIds NONE = new TokenIds(0, 0);

  /** The ids in a JSON value that holds no strings; none where it holds something else. */
  static TokenIds in(byte[] bytes, Span value) {
    if (bytes[value.start()] != '[') {
      return NONE;
    }
    int tokens = 0;
    int lists = 0;
    boolean inNumber = false;
    for (int i = value.start(); i < value.end(); i++) {
      byte b = bytes[i];
      if (b == '"' || b == '{') {
        return NONE;
      }
      boolean digit = b >= '0' && b <= '9';
      tokens += digit && !inNumber ? 1 : 0;
      lists += b == '[' ? 1 : 0;
      inNumber = digit;
    }
    return tokens == 0 ? NONE : new TokenIds(tokens, Math.max(1, lists - 1));
  }
}
