package io.penstock.planner.simulate;

import io.penstock.planner.capacity.Deployment;
import io.penstock.planner.capacity.MemoryBudget;
import io.penstock.planner.capacity.StepTime;

/**
 * What a replica is, as its engine was started.
 *
 * @param step how long its steps take
 * @param kv its KV memory
 * @param contextTokens prompt and completion that its model takes together
 * @param maxSequences that run at once
 * @param stepTokens prompt and completion tokens that one step takes at most
 * @param reservesWhole whether a request is let in only when its whole completion has room, where
 *     others let it in with its prompt and evict someone when the memory runs out
 * @param requestNanos that each request spends before the engine sees it
 * @param blockTokens of a prompt's block whose hash is known, where the engine keeps prefixes; 0:
 *     it does not
 */
public record ReplicaSpec(
    StepClock step,
    KvSpace kv,
    int contextTokens,
    int maxSequences,
    int stepTokens,
    boolean reservesWhole,
    long requestNanos,
    int blockTokens) {
  static final double NANOS = 1e9;

  public ReplicaSpec {
    if (maxSequences < 1 || stepTokens < maxSequences || requestNanos < 0) {
      throw new IllegalArgumentException(
          "a replica runs 1 sequence or more, each with a token in every step");
    }
  }

  /** The replica by the capacity model. Throws with one line where the model does not fit. */
  public static ReplicaSpec of(Deployment deployment) {
    var engine = deployment.engine();
    var step = StepTime.of(deployment);
    return new ReplicaSpec(
        step::seconds,
        KvSpace.of(deployment.model(), MemoryBudget.of(deployment)),
        deployment.model().contextTokens(),
        Math.min(engine.maxSequences(), engine.stepTokens()),
        engine.stepTokens(),
        engine.memory().reserve() >= 1,
        Math.round(engine.parameters().requestSeconds() * NANOS),
        0);
  }

  /** The same whose model takes so many tokens. */
  public ReplicaSpec withContext(int tokens) {
    return new ReplicaSpec(
        step, kv, tokens, maxSequences, stepTokens, reservesWhole, requestNanos, blockTokens);
  }

  /** The same with a prefix cache, for prompts whose blocks of so many tokens are known. */
  public ReplicaSpec withPrefixCache(int tokens) {
    return new ReplicaSpec(
        step, kv, contextTokens, maxSequences, stepTokens, reservesWhole, requestNanos, tokens);
  }

  /** The same whose steps take so many times as long. */
  public ReplicaSpec slowed(double times) {
    return times == 1
        ? this
        : new ReplicaSpec(
            (sequences, context, prompt, pairs) ->
                times * step.seconds(sequences, context, prompt, pairs),
            kv,
            contextTokens,
            maxSequences,
            stepTokens,
            reservesWhole,
            requestNanos,
            blockTokens);
  }

  /** One that runs one request after another, each token in the same time. */
  static ReplicaSpec server(double stepSeconds, int places) {
    return new ReplicaSpec(
        (_, _, _, _) -> stepSeconds,
        KvSpace.tokens(Long.MAX_VALUE / 4),
        Integer.MAX_VALUE,
        places,
        Integer.MAX_VALUE / 2,
        false,
        0,
        0);
  }

  /** Blocks of prompts that its memory holds. */
  int prefixBlocks() {
    return blockTokens == 0 ? 0 : (int) Math.min(1 << 24, kv.capacity() / kv.of(blockTokens));
  }

  /** Whether a request of so many tokens can ever be computed. */
  public boolean holds(int promptTokens, int completionTokens) {
    long tokens = (long) promptTokens + completionTokens;
    return tokens <= contextTokens && kv.of(tokens) <= kv.capacity();
  }
}
