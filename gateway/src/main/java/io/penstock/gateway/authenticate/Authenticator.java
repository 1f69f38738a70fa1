package io.penstock.gateway.authenticate;

import io.penstock.config.ApiKey;
import io.penstock.config.Tier;
import io.penstock.gateway.authenticate.TokenClaims.BadToken;
import io.penstock.gateway.authenticate.VerifiedTokens.Bearer;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Identified;
import io.penstock.gateway.call.Refusal;
import io.vertx.core.Future;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * From {@code Authorization: Bearer KEY} to the caller; shared by all loops, for what it looks keys
 * up in takes no lock.
 *
 * <p>Penstock knows hashes alone. What a client sends is hashed whole and looked up by the hash, so
 * that the time taken says nothing about how much of a key was right, and hashes are compared in
 * constant time. A key is a random string of high entropy, so a fast hash will do. Neither a key
 * nor its hash is ever kept past the call, printed or put into an exception.
 *
 * <p>The config's keys come first, then those of the file, then those of the store. What is none of
 * them and has the shape of a JSON Web Token is judged as one, off the loop, where the config names
 * an identity provider; a token that was judged before is found as fast as a key.
 */
public final class Authenticator {
  /** Longer keys are not hashed: whoever sends them has none of ours. */
  static final int MAX_KEY_CHARACTERS = 512;

  private static final String SCHEME = "Bearer";
  private static final Refusal NO_KEY = new Refusal.Unauthenticated(false);
  private static final Refusal BAD_KEY = new Refusal.Unauthenticated(true);
  private static final Refusal EXPIRED = new Refusal.BadCredential("This API key has expired.");
  private static final Refusal NO_TIER =
      new Refusal.BadCredential("This credential's tier is not known here.");

  private final KeyTable keys = new KeyTable();
  private final Map<String, Tier> tiers;
  private final @Nullable KeySources sources;
  private final LongSupplier millisClock;

  /**
   * Knows these keys alone.
   *
   * @param tiers by name; each key's tier is among them
   */
  public Authenticator(List<ApiKey> keys, Map<String, Tier> tiers) {
    this(keys, tiers, null, System::currentTimeMillis);
  }

  /** Knows these keys, and those of further sources. */
  public Authenticator(List<ApiKey> keys, Map<String, Tier> tiers, KeySources sources) {
    this(keys, tiers, sources, System::currentTimeMillis);
  }

  Authenticator(
      List<ApiKey> keys,
      Map<String, Tier> tiers,
      @Nullable KeySources sources,
      LongSupplier millisClock) {
    for (ApiKey key : keys) {
      if (!tiers.containsKey(key.tier())) {
        throw new IllegalArgumentException("key " + key.id() + ": no tier is named " + key.tier());
      }
    }
    this.keys.replaceAll(keys);
    this.tiers = tiers;
    this.sources = sources;
    this.millisClock = millisClock;
  }

  /** Who sent this header, which may have to be found out off the loop. */
  public Future<Identified> authenticate(@Nullable String authorization) {
    Identified found = identify(authorization);
    KeySources others = sources;
    Tokens tokens = others == null ? null : others.tokens();
    if (!found.equals(BAD_KEY) || others == null || tokens == null || authorization == null) {
      return Future.succeededFuture(found);
    }
    String token = authorization.substring(keyStart(authorization));
    if (!Tokens.isShaped(token)) {
      return Future.succeededFuture(found);
    }
    Bearer known = tokens.recall(token);
    return known != null
        ? Future.succeededFuture(caller(known.keyId(), known.tenant(), known.tier()))
        : others
            .judges()
            .executeBlocking(() -> judge(tokens, token), false)
            .map(Objects::requireNonNull);
  }

  private Identified judge(Tokens tokens, String token) {
    try {
      Bearer bearer = tokens.judge(token);
      return caller(bearer.keyId(), bearer.tenant(), bearer.tier());
    } catch (BadToken refused) {
      return new Refusal.BadCredential(String.valueOf(refused.getMessage()));
    }
  }

  /** Whose key stands in this header. */
  public Identified identify(@Nullable String authorization) {
    if (authorization == null || authorization.isBlank()) {
      return NO_KEY;
    }
    int start = keyStart(authorization);
    int length = authorization.length() - start;
    if (start < 0 || length == 0) {
      return NO_KEY;
    }
    if (length > MAX_KEY_CHARACTERS) {
      return BAD_KEY;
    }
    ApiKey key = find(KeyHash.of(authorization.substring(start)));
    if (key == null) {
      return BAD_KEY;
    }
    return key.expired(millisClock.getAsLong())
        ? EXPIRED
        : caller(key.id(), key.tenant(), key.tier());
  }

  /** Where the key starts, or -1 if the scheme is another. */
  private static int keyStart(String authorization) {
    int start = SCHEME.length();
    if (!authorization.regionMatches(true, 0, SCHEME, 0, start)
        || start == authorization.length()
        || authorization.charAt(start) != ' ') {
      return -1;
    }
    while (start < authorization.length() && authorization.charAt(start) == ' ') {
      start++;
    }
    return start;
  }

  private @Nullable ApiKey find(KeyHash hash) {
    ApiKey key = keys.find(hash);
    return key != null || sources == null ? key : sources.find(hash);
  }

  private Identified caller(String id, String tenant, String tierName) {
    Tier tier = tiers.get(tierName);
    return tier == null ? NO_TIER : new Caller(id, tenant, tier);
  }

  @Override
  public String toString() {
    return "Authenticator[" + keys.size() + " keys]";
  }
}
