package io.penstock.gateway.capacity;

/**
 * What one backend was given and how much of it was there at once, so that a call that ends can be
 * told whom it shared the backend with. Shared by all loops; its lock is held for some additions.
 */
final class LoadMeter {
  private static final double NANOS_PER_SECOND = 1e9;

  /** How fast the prompts that came just before are forgotten, before a first token was timed. */
  private static final double UNTIMED_SECONDS = 0.2;

  /** Prompt tokens after which the share of them that is computed is believed. */
  private static final double DOUBT_TOKENS = 1000;

  /** What older prompts say of that share, with each that is answered. */
  private static final double KEPT = 0.99;

  private long lastNanos;
  private int inFlight;
  private double callSeconds;
  private double contextSeconds;
  private double context;
  private double promptTokens;
  private double recentTokens;
  private double estimatedTokens = DOUBT_TOKENS;
  private double computedTokens = DOUBT_TOKENS;
  private double computedSquares = DOUBT_TOKENS;
  private double estimatedSquares = DOUBT_TOKENS;
  private double recentSeconds = UNTIMED_SECONDS;
  private final Slowness slowness = new Slowness();

  /**
   * How things stood when a call came.
   *
   * @param nanos when
   * @param callSeconds the time-integral of calls
   * @param contextSeconds the time-integral of their tokens
   * @param promptTokens that had come so far, the call's own included
   * @param tokensAhead prompt tokens that had come just before it
   */
  record Mark(
      long nanos,
      double callSeconds,
      double contextSeconds,
      double promptTokens,
      double tokensAhead) {}

  /**
   * Whom a call shared the backend with.
   *
   * @param batch calls on average, itself included
   * @param contextTokens of one of them on average
   * @param tokensBeside prompt tokens that came while it was there
   */
  record Shared(double batch, double contextTokens, double tokensBeside) {}

  /** How fast the backend is beside the others. */
  Slowness slowness() {
    return slowness;
  }

  /** A call comes. */
  synchronized Mark enter(long nowNanos, double prompt, double contextTokens) {
    pass(nowNanos);
    var mark = new Mark(nowNanos, callSeconds, contextSeconds, promptTokens + prompt, recentTokens);
    inFlight++;
    context += contextTokens;
    promptTokens += prompt;
    recentTokens += prompt;
    return mark;
  }

  /** A call that had come has gone. */
  synchronized void leave(long nowNanos, double contextTokens) {
    pass(nowNanos);
    inFlight--;
    context = inFlight == 0 ? 0 : Math.max(0, context - contextTokens);
  }

  /**
   * A prompt's estimate, and what the backend computed of it. Prompts that others had are told as
   * estimated; what the backend had cached of them costs it nothing, and would make its prefill
   * look fast.
   */
  synchronized void computed(double estimated, double tokens) {
    estimatedTokens = KEPT * estimatedTokens + estimated;
    computedTokens = KEPT * computedTokens + tokens;
    computedSquares = KEPT * computedSquares + tokens * tokens / Math.max(1, estimated);
    estimatedSquares = KEPT * estimatedSquares + estimated * estimated;
  }

  /** Tokens that are computed for each that is estimated of a prompt. */
  synchronized double computedShare() {
    return computedTokens / estimatedTokens;
  }

  /**
   * By how many tokens what is computed of so many estimated ones strays. A prompt may be cached or
   * not; several of them are so independently.
   */
  synchronized double doubt(double estimated) {
    double share = computedTokens / estimatedTokens;
    double variance = Math.max(0, computedSquares / estimatedTokens - share * share);
    double prompt = estimatedSquares / estimatedTokens;
    return Math.sqrt(variance * estimated * Math.min(estimated, prompt));
  }

  /** A first token took so long: what came longer ago is worked through. */
  synchronized void firstToken(double seconds) {
    recentSeconds += 0.1 * (seconds - recentSeconds);
  }

  /** What it was like here since {@code mark}; {@code own} where no time has passed. */
  synchronized Shared since(Mark mark, long nowNanos, double own) {
    pass(nowNanos);
    double seconds = (nowNanos - mark.nanos) / NANOS_PER_SECOND;
    double calls = callSeconds - mark.callSeconds;
    double beside = promptTokens - mark.promptTokens;
    return seconds > 0 && calls > 0
        ? new Shared(
            Math.max(1, calls / seconds), (contextSeconds - mark.contextSeconds) / calls, beside)
        : new Shared(1, own, beside);
  }

  private void pass(long nowNanos) {
    double seconds = Math.max(0, (nowNanos - lastNanos) / NANOS_PER_SECOND);
    if (lastNanos != 0) {
      callSeconds += seconds * inFlight;
      contextSeconds += seconds * context;
      recentTokens *= Math.exp(-seconds / recentSeconds);
    }
    lastNanos = Math.max(lastNanos, nowNanos);
  }
}
