package io.penstock.planner.size;

/** What keeps a replica from serving more. */
public enum Constraint {
  /** The model and its cache must fit. */
  MEMORY("memory"),
  /** It cannot finish more requests a second at any latency. */
  THROUGHPUT("throughput"),
  /** First tokens would come too late. */
  TTFT("time to first token"),
  /** Tokens would come too slowly. */
  TPOT("time per token"),
  /** Answers would take too long. */
  TOTAL("total time");

  private final String label;

  Constraint(String label) {
    this.label = label;
  }

  /** In words. */
  public String label() {
    return label;
  }
}
