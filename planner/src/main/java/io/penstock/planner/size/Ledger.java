package io.penstock.planner.size;

import java.util.ArrayList;
import java.util.List;

/**
 * Where memory or time goes.
 *
 * @param title what is divided
 * @param entries its parts, which sum to the whole
 */
public record Ledger(String title, List<Entry> entries) {
  public Ledger {
    entries = List.copyOf(entries);
  }

  /**
   * A part.
   *
   * @param name of it
   * @param amount bytes or seconds
   * @param formula it comes from
   */
  public record Entry(String name, double amount, String formula) {}

  /** The sum. */
  public double total() {
    return entries.stream().mapToDouble(Entry::amount).sum();
  }

  /** One GPU's memory, with the sequences of the peak in it; bytes. */
  public static Ledger memory(Sized sized) {
    var memory = sized.replica().memory();
    double most = sized.replica().maxSequences(sized.demand().load());
    double n = Math.min(sized.atPeak().decoding(), most);
    double context = sized.demand().load().meanContextTokens();
    double used = Math.min(memory.kvBytes(), n * memory.kv().sequenceBytesPerGpu(context));
    return new Ledger(
        "memory of one GPU, bytes",
        List.of(
            new Entry("weights", memory.weightBytes(), "parameters x bytes / tensor parallelism"),
            new Entry("runtime", memory.runtimeBytes(), "context, activations and graphs"),
            new Entry(
                "KV in use",
                used,
                "%s sequences x %s tokens x %s bytes"
                    .formatted(
                        Show.number(n),
                        Show.number(context),
                        Show.number(memory.kv().tokenBytesPerGpu()))),
            new Entry("KV free", memory.kvBytes() - used, "what the engine claimed beside"),
            new Entry("unclaimed", memory.unclaimedBytes(), "what the engine is told to leave")));
  }

  /** One decode step at the peak, seconds. */
  public static Ledger step(Sized sized) {
    var step = sized.replica().step();
    double n = Math.max(1, sized.atPeak().decoding());
    double context = n * sized.demand().load().meanContextTokens();
    double whole = step.seconds(n, context, 0, 0);
    double compute = Math.min(step.computeSeconds(n), step.linearSeconds(n, 0));
    var entries = new ArrayList<Entry>();
    entries.add(
        new Entry(
            "reading weights",
            step.linearSeconds(n, 0) - compute,
            "(memory^3 + compute^3)^(1/3) - compute"));
    entries.add(new Entry("matrix products", compute, "2 x active parameters x n / FLOP/s"));
    entries.add(
        new Entry(
            "attention over the KV cache",
            step.decodeAttentionSeconds(n, context),
            "n x context x bytes / bandwidth"));
    entries.add(
        new Entry(
            "communication",
            step.communicationSeconds(n),
            "2 all-reduces a layer, where a replica has more than one GPU"));
    double known = entries.stream().mapToDouble(Entry::amount).sum();
    entries.add(
        new Entry(
            "launches and scheduling", Math.max(0, whole - known), "per layer, per sequence"));
    return new Ledger("one decode step of " + Show.number(n) + " sequences, seconds", entries);
  }
}
