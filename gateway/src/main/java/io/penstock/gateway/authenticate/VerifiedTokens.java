package io.penstock.gateway.authenticate;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Tokens that were found good, by their hash, so that the next request with one costs a look-up.
 * Two generations bound it: the younger one becomes the older when it is full, and what was in that
 * is forgotten; a token that is in use moves on. Safe on all threads, without a lock on look-up.
 */
final class VerifiedTokens {
  private final int generation;
  private volatile Map<KeyHash, Bearer> young = new ConcurrentHashMap<>();
  private volatile Map<KeyHash, Bearer> old = Map.of();

  VerifiedTokens(int most) {
    this.generation = Math.max(1, most / 2);
  }

  @Nullable Bearer find(KeyHash hash) {
    Bearer known = young.get(hash);
    if (known == null) {
      known = old.get(hash);
      if (known != null) {
        put(hash, known);
      }
    }
    return known;
  }

  void put(KeyHash hash, Bearer bearer) {
    Map<KeyHash, Bearer> into = young;
    into.put(hash, bearer);
    if (into.size() >= generation) {
      turn(into);
    }
  }

  @SuppressWarnings("ReferenceEquality") // the same map, not one that is equal to it
  private synchronized void turn(Map<KeyHash, Bearer> full) {
    if (young == full) {
      old = full;
      young = new ConcurrentHashMap<>();
    }
  }

  synchronized void clear() {
    young = new ConcurrentHashMap<>();
    old = Map.of();
  }

  int size() {
    return young.size() + old.size();
  }

  /**
   * Whose token it was.
   *
   * @param keyId what stands for the token's subject where a key's id does for a key
   * @param tenant from its claim
   * @param tier the tier's name
   * @param fromMillis not before this time
   * @param untilMillis not from this time on, the leeway included
   */
  record Bearer(String keyId, String tenant, String tier, long fromMillis, long untilMillis) {}
}
