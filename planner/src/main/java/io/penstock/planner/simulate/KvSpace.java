package io.penstock.planner.simulate;

import io.penstock.planner.capacity.MemoryBudget;
import io.penstock.planner.model.ModelSpec;

/**
 * A replica's KV memory, counted in tokens of one layer: whole numbers, so that what is taken and
 * what is given back are equal to the last one.
 *
 * @param capacity tokens of one layer that fit
 * @param fullLayers layers that keep every token
 * @param slidingLayers layers that keep the last {@code window} tokens
 * @param window how many those are
 */
public record KvSpace(long capacity, int fullLayers, int slidingLayers, int window) {
  public KvSpace {
    if (capacity < 1 || fullLayers < 0 || slidingLayers < 0 || fullLayers + slidingLayers < 1) {
      throw new IllegalArgumentException("a KV memory holds 1 token of 1 layer or more");
    }
  }

  /** What the memory ledger leaves. */
  static KvSpace of(ModelSpec model, MemoryBudget memory) {
    var attention = model.attention();
    double layerTokenBytes = memory.kv().tokenBytesPerGpu() / model.layers();
    return new KvSpace(
        (long) (memory.kvBytes() / layerTokenBytes),
        model.layers() - attention.slidingLayers(),
        attention.slidingLayers(),
        attention.slidingWindow());
  }

  /** So many tokens, in layers that all keep every one. */
  public static KvSpace tokens(long tokens) {
    return new KvSpace(tokens, 1, 0, 0);
  }

  /** What a sequence of so many tokens takes. */
  long of(long tokens) {
    return fullLayers * tokens + slidingLayers * Math.min(tokens, window);
  }
}
