package io.penstock.gateway.choose;

import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Operation;
import org.jspecify.annotations.Nullable;

/**
 * What a prompt begins with, as a chain of hashes: the hash of a block covers all content up to the
 * block's end, so that two prompts have their first hashes in common exactly as far as they are
 * alike. Nothing is computed until a pool asks, which one with a single backend never does.
 *
 * <p>The hashes are the same in every gateway and after every restart: with nothing learned yet,
 * two gateways still choose alike. They protect nothing; who makes prompts collide gets a cold
 * cache.
 *
 * <p>Used by one thread at a time.
 */
public final class Prefix {
  /** Of nothing: no backend is better than another. */
  public static final Prefix NONE = new Prefix(null);

  private final @Nullable Call call;
  private @Nullable PrefixChain chain;

  private Prefix(@Nullable Call call) {
    this.call = call;
  }

  /** Of a call's prompt. Engines keep nothing of what they embed. */
  public static Prefix of(Call call) {
    return call.operation() == Operation.EMBEDDINGS ? NONE : new Prefix(call);
  }

  /** A hash for each whole block; none where the prompt is too short to matter. */
  long[] blocks() {
    return call == null ? PrefixChain.NO_BLOCKS : chain(call).blocks();
  }

  /** What a conversation's turns have in common; of meaning where there is a block. */
  long opening() {
    return call == null ? 0 : chain(call).opening();
  }

  /** Whole blocks before the opening's end. */
  int openingBlocks() {
    return call == null ? 0 : chain(call).openingBlocks();
  }

  private PrefixChain chain(Call of) {
    PrefixChain known = chain;
    if (known == null) {
      known = new PrefixChain(of.body());
      chain = known;
    }
    return known;
  }
}
