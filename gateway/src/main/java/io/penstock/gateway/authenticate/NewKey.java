package io.penstock.gateway.authenticate;

import io.penstock.config.ApiKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A key that was just made: the one moment at which it is known beside its hash.
 *
 * @param secret what its holder sends; shown once and kept nowhere
 * @param key what is kept
 */
public record NewKey(String secret, ApiKey key) {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int BYTES = 32;

  /** A key of 256 random bits. */
  public static NewKey make(
      String id, String tier, String tenant, Optional<String> label, Optional<Instant> expires) {
    byte[] random = new byte[BYTES];
    RANDOM.nextBytes(random);
    String secret = "sk-" + Base64.getUrlEncoder().withoutPadding().encodeToString(random);
    return new NewKey(secret, new ApiKey(id, sha256(secret), tier, tenant, label, expires));
  }

  /** How a key is kept. */
  public static String sha256(String secret) {
    try {
      var digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(secret.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException everyJdkHasIt) {
      throw new IllegalStateException(everyJdkHasIt);
    }
  }

  @Override
  public String toString() {
    return "NewKey[" + key.id() + ']';
  }
}
