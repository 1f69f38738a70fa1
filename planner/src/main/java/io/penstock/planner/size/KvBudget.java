package io.penstock.planner.size;

import io.penstock.planner.hardware.Node;
import io.penstock.planner.model.KvCache;
import io.penstock.planner.model.ModelSpec;
import io.penstock.planner.model.Precision;

/**
 * The method {@code kv-budget}: nodes by the memory of open sessions alone. It asks nothing about
 * time, and takes the runtime's overhead from a share that already leaves room for it, so it is a
 * method to compare with, not to plan by.
 *
 * <p>{@code sessions = ⌊(memory·ratio − overhead)/KV⌋}, {@code nodes = ⌈C/S⌉}, with headroom {@code
 * ⌈C(1+h)/S⌉}, and the spares on top.
 *
 * @param node what is bought
 * @param model what is served
 * @param kv the precision of its cache
 * @param sessions open at once
 * @param contextTokens of each
 * @param ratio the share of the memory that the cache may take
 * @param overheadBytes taken from that share for the runtime
 * @param headroom for peaks, over the sessions
 * @param spares nodes that may fail
 */
public record KvBudget(
    Node node,
    ModelSpec model,
    Precision kv,
    long sessions,
    int contextTokens,
    double ratio,
    double overheadBytes,
    double headroom,
    int spares) {
  public KvBudget {
    if (sessions < 1 || contextTokens < 1) {
      throw new IllegalArgumentException("sessions and context must be 1 or more");
    }
    if (!(ratio > 0 && ratio <= 1) || !(overheadBytes >= 0) || !(headroom >= 0) || spares < 0) {
      throw new IllegalArgumentException(
          "ratio must be in (0, 1]; overhead, headroom and spares must be 0 or more");
    }
  }

  /** Bytes of one session's cache. */
  public double sessionBytes() {
    return new KvCache(model, kv, 1).sequenceBytes(contextTokens);
  }

  /** Sessions that one node holds. */
  public long sessionsPerNode() {
    double room = node.marketedMemoryBytes() * ratio - overheadBytes;
    return (long) Math.floor(Math.max(0, room) / sessionBytes());
  }

  /** Nodes for the sessions alone. Throws where a node holds none. */
  public long nodes() {
    return nodesFor((double) sessions);
  }

  /** Nodes with headroom. */
  public long nodesWithHeadroom() {
    return nodesFor(sessions * (1 + headroom));
  }

  /** Nodes with headroom and spares. */
  public long nodesInAll() {
    return nodesWithHeadroom() + spares;
  }

  private long nodesFor(double wanted) {
    long each = sessionsPerNode();
    if (each == 0) {
      throw new IllegalArgumentException(
          node.name() + " holds no session of " + contextTokens + " tokens of " + model.name());
    }
    return (long) Math.ceil(wanted / each);
  }
}
