package io.penstock.planner.simulate;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The blocks of prompts that a replica has seen, as many as its KV memory holds; the one that was
 * not asked for the longest goes first.
 */
final class PrefixCache {
  private final Map<Integer, Boolean> blocks;

  PrefixCache(int mostBlocks) {
    this.blocks =
        new LinkedHashMap<>(16, 0.75f, true) {
          private static final long serialVersionUID = 1;

          @Override
          protected boolean removeEldestEntry(Map.Entry<Integer, Boolean> eldest) {
            return size() > mostBlocks;
          }
        };
  }

  /** How many of a prompt's first blocks are there; all of them are from now on. */
  int take(int[] prompt) {
    int hits = 0;
    while (hits < prompt.length && blocks.get(prompt[hits]) != null) {
      hits++;
    }
    for (int i = hits; i < prompt.length; i++) {
      blocks.put(prompt[i], true);
    }
    return hits;
  }
}
