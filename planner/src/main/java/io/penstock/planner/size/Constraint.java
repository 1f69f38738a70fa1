package io.penstock.planner.size;

/** What keeps a replica from more, or a plan from being one. */
public enum Constraint {
  /** KV cache for more sequences. */
  MEMORY("memory", "no room for the KV cache of one more sequence"),
  TTFT("ttft", "the time to the first token"),
  TPOT("tpot", "the time per token"),
  TOTAL("total", "the time of a whole request"),
  /** The replica is busy all the time, or its batch is full. */
  THROUGHPUT("throughput", "the replica finishes no more requests"),
  BUDGET("budget", "the month's budget"),
  MOST_REPLICAS("most replicas", "more replicas than may run"),
  LEAST_REPLICAS("least replicas", "the traffic needs fewer than have to run"),
  /** Less than one replica's worth of traffic. */
  ONE_REPLICA("one replica", "one replica is the least there can be, and is more than enough"),
  /** The hardware has no kernels for such numbers, or no price. */
  HARDWARE("hardware", "the hardware cannot run it");

  private final String word;
  private final String meaning;

  Constraint(String word, String meaning) {
    this.word = word;
    this.meaning = meaning;
  }

  /** As plans print it. */
  public String word() {
    return word;
  }

  /** In half a sentence. */
  public String meaning() {
    return meaning;
  }

  static Constraint of(Bound.Metric metric) {
    return switch (metric) {
      case TTFT -> TTFT;
      case TPOT -> TPOT;
      case TOTAL -> TOTAL;
    };
  }
}
