package io.penstock.planner.scenario;

import io.penstock.planner.model.KvCache;
import io.penstock.planner.model.ModelSpec;
import io.penstock.planner.model.Precision;

/**
 * The memory sizing of source 003: sessions by the KV cache that a node's memory holds.
 *
 * <p>{@code KV = 2 · kv_heads · head_dim · bytes · (full_layers · context + sliding_layers ·
 * min(context, window))}; {@code sessions = ⌊(memory · 10⁹/2³⁰ · ratio − overhead)/KV⌋}; nodes are
 * {@code ⌈C/S⌉}, {@code ⌈C·(1 + h)/S⌉}, and the spares. It takes an overhead off after a ratio that
 * already covers it, and knows neither weights nor time.
 *
 * @param model whose KV cache it is
 * @param kv precision of an element
 * @param nodeGigabytes memory of all GPUs of a node as its seller counts it
 * @param concurrency sessions at once
 * @param contextTokens of each
 * @param ratio the share of the memory that the KV cache may have
 * @param overheadGib taken off after it
 * @param peakHeadroom the share of the sessions that is kept free
 * @param spares further nodes
 */
public record KvBudget(
    ModelSpec model,
    Precision kv,
    double nodeGigabytes,
    int concurrency,
    int contextTokens,
    double ratio,
    double overheadGib,
    double peakHeadroom,
    int spares) {
  private static final double GIB = 1L << 30;

  public KvBudget {
    if (!(nodeGigabytes > 0) || concurrency < 1 || contextTokens < 1) {
      throw new IllegalArgumentException("memory, concurrency and context must be above 0");
    }
    if (!(ratio > 0 && ratio <= 1) || !(overheadGib >= 0) || !(peakHeadroom >= 0) || spares < 0) {
      throw new IllegalArgumentException(
          "a ratio must be in (0, 1]; overhead, headroom and spares 0 or more");
    }
  }

  /** GiB of KV cache that one session keeps. */
  public double kvGibPerSession() {
    return new KvCache(model, kv, 1).sequenceBytes(contextTokens) / GIB;
  }

  /** Sessions that one node holds. */
  public int sessionsPerNode() {
    double room = nodeGigabytes * 1e9 / GIB * ratio - overheadGib;
    return (int) Math.max(0, Math.floor(room / kvGibPerSession()));
  }

  /** Nodes for the sessions alone. */
  public int nodesAtLeast() {
    return nodes(concurrency);
  }

  /** Nodes with the headroom. */
  public int nodesWithHeadroom() {
    return nodes(concurrency * (1 + peakHeadroom));
  }

  /** Nodes with headroom and spares. */
  public int nodes() {
    return nodesWithHeadroom() + spares;
  }

  private int nodes(double sessions) {
    int each = sessionsPerNode();
    if (each == 0) {
      throw new IllegalArgumentException(
          "no session of " + contextTokens + " tokens fits on a node: the ratio leaves too little");
    }
    return (int) Math.ceil(sessions / each - 1e-9);
  }
}
