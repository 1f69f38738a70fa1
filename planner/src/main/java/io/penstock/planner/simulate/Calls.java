package io.penstock.planner.simulate;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * Requests as they come, in columns: when (nanoseconds after the start), how long prompt and
 * completion are, and how urgent each is. In the order of their times. Immutable.
 */
public final class Calls {
  private static final int[][] NO_BLOCKS = {};
  private static final int[] NONE = {};

  /** Levels of priority; 0 goes first. */
  public static final int PRIORITIES = 3;

  final long[] atNanos;
  final int[] promptTokens;
  final int[] completionTokens;
  final byte[] priority;
  private final int[][] blocks;

  private Calls(Builder from, int[] order) {
    this.atNanos = IntStream.of(order).mapToLong(i -> from.atNanos[i]).toArray();
    this.promptTokens = IntStream.of(order).map(i -> from.promptTokens[i]).toArray();
    this.completionTokens = IntStream.of(order).map(i -> from.completionTokens[i]).toArray();
    this.priority = new byte[order.length];
    this.blocks = from.anyBlocks ? new int[order.length][] : NO_BLOCKS;
    for (int i = 0; i < order.length; i++) {
      priority[i] = from.priority[order[i]];
      if (from.anyBlocks) {
        blocks[i] = from.blocks[order[i]];
      }
    }
  }

  private Calls(long[] atNanos, Calls lengths) {
    this.atNanos = atNanos;
    this.promptTokens = lengths.promptTokens;
    this.completionTokens = lengths.completionTokens;
    this.priority = lengths.priority;
    this.blocks = lengths.blocks;
  }

  /** The same calls at other times, which must not fall. */
  Calls at(long[] times) {
    return new Calls(times, this);
  }

  /** How many. */
  public int size() {
    return atNanos.length;
  }

  /** When the call came, in nanoseconds after the start. */
  public long atNanos(int call) {
    return atNanos[call];
  }

  /** Tokens that come in. */
  public int promptTokens(int call) {
    return promptTokens[call];
  }

  /** Tokens that go out. */
  public int completionTokens(int call) {
    return completionTokens[call];
  }

  /** From 0, which goes first. */
  public int priority(int call) {
    return priority[call];
  }

  /** The hashes of the prompt's blocks; empty where they are not known. */
  int[] blocks(int call) {
    return blocks.length == 0 ? NONE : blocks[call];
  }

  /** From the first to the last arrival. */
  public double spanSeconds() {
    return size() == 0 ? 0 : (atNanos[size() - 1] - atNanos[0]) / 1e9;
  }

  /** Collects calls in any order. */
  public static final class Builder {
    private long[] atNanos = new long[1024];
    private int[] promptTokens = new int[1024];
    private int[] completionTokens = new int[1024];
    private byte[] priority = new byte[1024];
    private int[][] blocks = new int[1024][];
    private boolean anyBlocks;
    private int size;
    private boolean sorted = true;

    /** One more call; a prompt and a completion have 1 token at least. */
    public Builder add(long at, int prompt, int completion, int urgency) {
      return add(at, prompt, completion, urgency, NONE);
    }

    /**
     * The same with the hashes of its prompt's blocks, each of which stands for all before it, too.
     */
    public Builder add(long at, int prompt, int completion, int urgency, int[] hashes) {
      if (urgency < 0 || urgency >= PRIORITIES) {
        throw new IllegalArgumentException("a priority is in [0, 2], not " + urgency);
      }
      if (size == atNanos.length) {
        atNanos = Arrays.copyOf(atNanos, 2 * size);
        promptTokens = Arrays.copyOf(promptTokens, 2 * size);
        completionTokens = Arrays.copyOf(completionTokens, 2 * size);
        priority = Arrays.copyOf(priority, 2 * size);
        blocks = Arrays.copyOf(blocks, 2 * size);
      }
      sorted &= size == 0 || at >= atNanos[size - 1];
      atNanos[size] = at;
      promptTokens[size] = Math.max(1, prompt);
      completionTokens[size] = Math.max(1, completion);
      priority[size] = (byte) urgency;
      blocks[size] = hashes;
      anyBlocks |= hashes.length > 0;
      size++;
      return this;
    }

    /** How many so far. */
    public int size() {
      return size;
    }

    /** Calls of the same time stay in the order in which they were added. */
    public Calls build() {
      var order = IntStream.range(0, size);
      return new Calls(
          this,
          sorted
              ? order.toArray()
              : order
                  .boxed()
                  .sorted((a, b) -> Long.compare(atNanos[a], atNanos[b]))
                  .mapToInt(i -> i)
                  .toArray());
    }
  }
}
