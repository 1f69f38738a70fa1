package io.penstock.loadtest.modelserver;

/** One choice of one request inside the {@link Engine}; its fields are the engine's. */
final class Sequence {
  /** Hears what the engine does with the sequence; the times are the engine's, not the caller's. */
  interface Listener {
    /** The token with this index, counted from zero, was generated. */
    void token(int index, long atNanos);

    /** The last token was generated, or the prompt taken in where none was wanted. */
    void finished(Timeline timeline);
  }

  /** When what happened to a sequence; times that did not come are those of the event after. */
  record Timeline(
      int promptTokens,
      int completionTokens,
      long arrivedNanos,
      long admittedNanos,
      long firstTokenNanos,
      long finishedNanos,
      int preemptions) {}

  private static final long[] NO_HASHES = {};

  final int promptTokens;
  final int wantedTokens;
  final int priority;
  final long[] hashes;
  final Listener listener;

  long number;
  long arrivedNanos;
  long admittedNanos = -1;
  long firstTokenNanos;
  int computedTokens;
  int generatedTokens;
  int inStepTokens;
  int cachedTokens;
  final KvBlocks.Holding holding = new KvBlocks.Holding();
  int preemptions;
  boolean over;

  Sequence(int promptTokens, int wantedTokens, int priority, Listener listener) {
    this(promptTokens, wantedTokens, priority, NO_HASHES, listener);
  }

  /**
   * @param hashes of the full blocks of the prompt and of what will be said
   */
  Sequence(int promptTokens, int wantedTokens, int priority, long[] hashes, Listener listener) {
    this.promptTokens = promptTokens;
    this.wantedTokens = wantedTokens;
    this.priority = priority;
    this.hashes = hashes;
    this.listener = listener;
  }

  int knownTokens() {
    return promptTokens + generatedTokens;
  }

  int missingTokens() {
    return knownTokens() - computedTokens;
  }

  boolean decodes() {
    return generatedTokens > 0 && missingTokens() == 1;
  }

  Timeline timeline(long finishedNanos) {
    return new Timeline(
        promptTokens,
        generatedTokens,
        arrivedNanos,
        admittedNanos,
        firstTokenNanos,
        finishedNanos,
        preemptions);
  }
}
