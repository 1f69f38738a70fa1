package io.penstock.loadtest.modelserver;

import io.penstock.loadtest.text.Tokenizer;
import java.util.Arrays;

/**
 * The tokens that a model reads, as a prefix cache tells them apart: how many there are, and for
 * every full block of them a hash of all up to its end.
 */
final class TokenChain {
  private static final int BLOCK_TOKENS = Replica.BLOCK_TOKENS;
  private static final long SPREAD = 0x9E3779B97F4A7C15L;

  private long[] blocks;
  private int tokens;
  private long state;

  TokenChain() {
    this(new long[8], 0, 0);
  }

  private TokenChain(long[] blocks, int tokens, long state) {
    this.blocks = blocks;
    this.tokens = tokens;
    this.state = state;
  }

  /** The same tokens, to be followed by others. */
  TokenChain copy() {
    return new TokenChain(blocks.clone(), tokens, state);
  }

  int tokens() {
    return tokens;
  }

  /** A hash for every full block. */
  long[] blocks() {
    return Arrays.copyOf(blocks, tokens / BLOCK_TOKENS);
  }

  /** So many tokens that stand for something as a whole: a template's marks, an image. */
  TokenChain add(String name, int count) {
    long hash = name.hashCode();
    for (int i = 0; i < count; i++) {
      add(hash + i);
    }
    return this;
  }

  TokenChain add(String text) {
    Tokenizer.cut(
        text,
        (from, to) -> {
          long hash = (long) to - from;
          for (int i = from; i < to; i++) {
            hash = hash << 7 ^ text.charAt(i);
          }
          add(hash);
        });
    return this;
  }

  TokenChain add(int[] ids) {
    for (int id : ids) {
      add((long) id);
    }
    return this;
  }

  private void add(long token) {
    state = Long.rotateLeft(state ^ token * SPREAD, 29) * SPREAD;
    if (++tokens % BLOCK_TOKENS == 0) {
      int block = tokens / BLOCK_TOKENS - 1;
      if (block == blocks.length) {
        blocks = Arrays.copyOf(blocks, 2 * block);
      }
      blocks[block] = state ^ state >>> 31;
    }
  }
}
