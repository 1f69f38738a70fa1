package io.penstock.loadtest.modelserver;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * KV memory in blocks, and what is left of prompts in it. A block that is full and whose content is
 * known by a hash (of it and of everything before it) stays when nobody holds it any more, until
 * its memory is needed: the block that was left first goes first, and of one sequence the last
 * block first, since nothing behind a hole is of use. Sequences that begin alike hold the same
 * blocks, also where both computed them.
 *
 * <p>Without prefix caching no block is known, and none stays.
 */
final class KvBlocks {
  /** A full block under its hash. */
  private static final class Block {
    private final long hash;
    private int holders;

    Block(long hash) {
      this.hash = hash;
    }
  }

  /** What one sequence holds: its first blocks under their hashes, and others that have none. */
  static final class Holding {
    private final List<Block> known = new ArrayList<>();
    private int own;

    int blocks() {
      return known.size() + own;
    }
  }

  private final int blockTokens;
  private final long all;
  private final boolean keeps;
  private final Map<Long, Block> known = new HashMap<>();
  private final LinkedHashMap<Long, Block> idle = new LinkedHashMap<>();
  private long own;
  private long queriedTokens;
  private long hitTokens;

  /**
   * @param keeps whether prefixes are cached
   */
  KvBlocks(long tokens, int blockTokens, boolean keeps) {
    this.blockTokens = blockTokens;
    this.all = tokens / blockTokens;
    this.keeps = keeps;
  }

  long all() {
    return all;
  }

  /** The share of the memory that sequences hold. */
  double usage() {
    return all == 0 ? 0 : (double) (all - free()) / all;
  }

  /** Blocks that nobody holds, those that stay for their content among them. */
  long free() {
    return all - own - known.size() + idle.size();
  }

  long queriedTokens() {
    return queriedTokens;
  }

  long hitTokens() {
    return hitTokens;
  }

  long of(long tokens) {
    return (tokens + blockTokens - 1) / blockTokens;
  }

  /**
   * Takes what is there of a prompt, but never all of it: its last token is computed in any case,
   * for it is what the first answer follows from.
   *
   * @return the tokens that need not be computed
   */
  int find(Holding by, long[] hashes, int promptTokens) {
    int most = Math.min(hashes.length, (promptTokens - 1) / blockTokens);
    int found = 0;
    for (; found < most; found++) {
      Block block = known.get(hashes[found]);
      if (block == null) {
        break;
      }
      hold(by, block);
    }
    return found * blockTokens;
  }

  /** Counts a look-up that led to work. */
  void count(int promptTokens, int foundTokens) {
    if (keeps) {
      queriedTokens += promptTokens;
      hitTokens += foundTokens;
    }
  }

  private void hold(Holding by, Block block) {
    if (block.holders++ == 0) {
      idle.remove(block.hash);
    }
    by.known.add(block);
  }

  /** Makes room for so many tokens of a sequence; false: there is none, and nothing was taken. */
  boolean grow(Holding by, long tokens) {
    long needed = of(tokens) - by.blocks();
    if (needed > free()) {
      return false;
    }
    for (long unused = all - own - known.size(); unused < needed; unused++) {
      known.remove(idle.pollFirstEntry().getKey());
    }
    own += needed;
    by.own += (int) needed;
    return true;
  }

  /** So many tokens of a sequence have been computed: its full blocks are found from now on. */
  void computed(Holding by, long[] hashes, int tokens) {
    int full = Math.min(hashes.length, tokens / blockTokens);
    while (keeps && by.known.size() < full && by.own > 0) {
      long hash = hashes[by.known.size()];
      hold(by, known.computeIfAbsent(hash, Block::new));
      by.own--;
      own--;
    }
  }

  /** Gives everything back; what is known stays for whoever asks. */
  void release(Holding by) {
    own -= by.own;
    by.own = 0;
    for (Block block : by.known.reversed()) {
      if (--block.holders == 0) {
        idle.put(block.hash, block);
      }
    }
    by.known.clear();
  }
}
