package io.penstock.gateway.authenticate;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.penstock.config.ApiKey;
import io.penstock.config.Tier;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Identified;
import io.penstock.gateway.call.Refusal;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * From {@code Authorization: Bearer KEY} to the caller; shared by all loops, for after its making
 * nothing in it changes.
 *
 * <p>Penstock knows hashes alone. What a client sends is hashed whole and looked up by the hash, so
 * that the time taken says nothing about how much of a key was right: the first eight bytes of the
 * hash find the candidates, and those are compared in constant time. A key is a random string of
 * high entropy, so a fast hash will do. Neither a key nor its hash is ever kept past the call,
 * printed or put into an exception.
 */
public final class Authenticator {
  /** Longer keys are not hashed: whoever sends them has none of ours. */
  static final int MAX_KEY_CHARACTERS = 512;

  private static final String SCHEME = "Bearer";
  private static final Refusal NO_KEY = new Refusal.Unauthenticated(false);
  private static final Refusal BAD_KEY = new Refusal.Unauthenticated(true);
  private static final ThreadLocal<MessageDigest> SHA_256 =
      ThreadLocal.withInitial(Authenticator::sha256);

  private final Map<Long, List<Known>> keys = new HashMap<>();

  /**
   * Knows these keys.
   *
   * @param tiers by name; each key's tier is among them
   */
  public Authenticator(List<ApiKey> keys, Map<String, Tier> tiers) {
    for (var key : keys) {
      byte[] hash = HexFormat.of().parseHex(key.sha256());
      this.keys
          .computeIfAbsent(prefix(hash), _ -> new ArrayList<>(1))
          .add(new Known(hash, new Caller(key.id(), key.tenant(), tier(key, tiers))));
    }
  }

  private static Tier tier(ApiKey key, Map<String, Tier> tiers) {
    var tier = tiers.get(key.tier());
    if (tier == null) {
      throw new IllegalArgumentException("key " + key.id() + ": no tier is named " + key.tier());
    }
    return tier;
  }

  /** Who sent this header. */
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
    byte[] key = authorization.substring(start).getBytes(ISO_8859_1);
    return find(SHA_256.get().digest(key));
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

  private Identified find(byte[] hash) {
    for (var known : keys.getOrDefault(prefix(hash), List.of())) {
      if (MessageDigest.isEqual(known.hash, hash)) {
        return known.caller;
      }
    }
    return BAD_KEY;
  }

  private static long prefix(byte[] hash) {
    return ByteBuffer.wrap(hash).getLong();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return "Authenticator[" + keys.size() + " keys]";
  }

  private record Known(byte[] hash, Caller caller) {
    @Override
    public String toString() {
      return caller.keyId();
    }
  }
}
