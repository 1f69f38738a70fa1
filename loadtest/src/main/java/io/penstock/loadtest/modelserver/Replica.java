package io.penstock.loadtest.modelserver;

/**
 * What the server pretends to run on.
 *
 * @param clock how long its steps take
 * @param kvTokens tokens that its KV memory holds
 * @param contextTokens prompt and completion together
 */
record Replica(StepClock clock, long kvTokens, int contextTokens) {
  private static final long KV_TOKENS = 60_000;
  private static final int CONTEXT_TOKENS = 4096;

  static Replica of(ModelServer.Options options) {
    long kvTokens = options.kvTokens() > 0 ? options.kvTokens() : KV_TOKENS;
    int context = options.maxModelTokens() > 0 ? options.maxModelTokens() : CONTEXT_TOKENS;
    return new Replica(Replica::seconds, kvTokens, (int) Math.min(context, kvTokens));
  }

  /** About a 7B model on a large card. */
  private static double seconds(StepClock.Batch batch) {
    return 9e-3
        + 12e-6 * batch.decodeSequences()
        + 0.26e-6 * batch.decodeContextTokens()
        + 70e-6 * batch.prefillTokens()
        + 2.6e-9 * batch.prefillContextTokens();
  }
}
