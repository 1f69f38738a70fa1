package io.penstock.planner.simulate;

/** The sequences whose prompts are being taken in, in the order in which they were let in. */
final class Prefilling {
  private final int[] calls;
  private final int[] tokens;
  private final int[] computed;
  private final int[] chunk;
  private int size;

  Prefilling(int places) {
    this.calls = new int[places];
    this.tokens = new int[places];
    this.computed = new int[places];
    this.chunk = new int[places];
  }

  int size() {
    return size;
  }

  int call(int slot) {
    return calls[slot];
  }

  int tokens(int slot) {
    return tokens[slot];
  }

  /**
   * @param total tokens of the prompt, and of what was generated before it was evicted
   * @param cached of them, which need no computing; fewer than {@code total}
   */
  void add(int call, int total, int cached) {
    calls[size] = call;
    tokens[size] = total;
    computed[size] = cached;
    chunk[size] = 0;
    size++;
  }

  /** Gives a sequence what it needs of the step's budget; returns how much that is. */
  int take(int slot, int budget) {
    chunk[slot] = Math.min(tokens[slot] - computed[slot], budget);
    return chunk[slot];
  }

  /** What the tokens of this step's chunk attend to, summed. */
  double pairs(int slot) {
    return chunk[slot] * (computed[slot] + chunk[slot] / 2.0);
  }

  /** The step has ended: whether this prompt is complete. */
  boolean advance(int slot) {
    computed[slot] += chunk[slot];
    chunk[slot] = 0;
    return computed[slot] == tokens[slot];
  }

  /** Nobody is left. */
  void clear() {
    size = 0;
  }

  /** Takes a sequence out; the order of the others stays. */
  void remove(int slot) {
    size--;
    for (int i = slot; i < size; i++) {
      calls[i] = calls[i + 1];
      tokens[i] = tokens[i + 1];
      computed[i] = computed[i + 1];
      chunk[i] = chunk[i + 1];
    }
  }
}
