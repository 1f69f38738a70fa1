package io.penstock.planner.simulate;

/**
 * The sequences that get a token in every step. All of them move together, so a step only moves
 * sums; a sequence is looked at when it ends or, where layers slide, when its window is full.
 */
final class Decoding {
  private static final long NO_EVENT = Long.MAX_VALUE;

  private final KvSpace kv;
  private final boolean grows;
  private final int[] calls;
  private final long[] lastStep;
  private final long[] eventStep;
  private final boolean[] inWindow;
  private int size;
  private long steps;
  private long contextTokens;
  private long growth;
  private long nextEvent = NO_EVENT;

  /**
   * @param grows whether the memory is taken token by token, not beforehand
   */
  Decoding(KvSpace kv, int places, boolean grows) {
    this.kv = kv;
    this.grows = grows;
    this.calls = new int[places];
    this.lastStep = new long[places];
    this.eventStep = new long[places];
    this.inWindow = new boolean[places];
  }

  int size() {
    return size;
  }

  int call(int slot) {
    return calls[slot];
  }

  /** What the next step's tokens attend to. */
  long contextTokens() {
    return contextTokens;
  }

  /** KV memory that the next step takes. */
  long growth() {
    return growth;
  }

  /** Steps until something happens to one of them, the one in which it happens included. */
  long stepsToEvent() {
    return nextEvent == NO_EVENT ? NO_EVENT : nextEvent - steps;
  }

  /** Tokens that the call in this slot has yet to get. */
  int missing(int slot) {
    return (int) (lastStep[slot] - steps);
  }

  /**
   * A sequence with its first token (or those before it was evicted).
   *
   * @param known tokens of prompt and completion so far, the last of which is not in the KV memory
   * @param missing tokens that it has yet to get
   */
  void join(int call, long known, int missing) {
    long untilFull = grows ? Math.clamp(kv.window() - (known - 1), 0, (long) missing) : 0;
    inWindow[size] = untilFull > 0;
    calls[size] = call;
    lastStep[size] = steps + missing;
    eventStep[size] = untilFull > 0 ? steps + untilFull : lastStep[size];
    nextEvent = Math.min(nextEvent, eventStep[size]);
    contextTokens += known;
    growth += growthOf(size);
    size++;
  }

  /** Every sequence got its tokens of so many steps; no event is passed over. */
  void stepped(long count) {
    steps += count;
    contextTokens += count * size;
  }

  /** Whether the last step was one in which something happens. */
  boolean atEvent() {
    return steps == nextEvent;
  }

  /** The slot of the next sequence that has all its tokens, from {@code slot} on; -1: none. */
  int findDone(int slot) {
    for (int i = slot; i < size; i++) {
      if (lastStep[i] == steps) {
        return i;
      }
    }
    return -1;
  }

  /** Takes a sequence out; the last one moves into its slot. */
  void remove(int slot, long known) {
    contextTokens -= known;
    growth -= growthOf(slot);
    size--;
    calls[slot] = calls[size];
    lastStep[slot] = lastStep[size];
    eventStep[slot] = eventStep[size];
    inWindow[slot] = inWindow[size];
  }

  private int growthOf(int slot) {
    return grows ? kv.fullLayers() + (inWindow[slot] ? kv.slidingLayers() : 0) : 0;
  }

  /** Nobody is left. */
  void clear() {
    size = 0;
    contextTokens = 0;
    growth = 0;
    nextEvent = NO_EVENT;
  }

  /** Windows that are full now, and when the next event comes. To be called after removals. */
  void settle() {
    long next = NO_EVENT;
    for (int i = 0; i < size; i++) {
      if (eventStep[i] == steps) {
        growth -= growthOf(i);
        eventStep[i] = lastStep[i];
        inWindow[i] = false;
        growth += growthOf(i);
      }
      next = Math.min(next, eventStep[i]);
    }
    nextEvent = next;
  }
}
