package io.penstock.gateway.cli;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.HexFormat;

/** API keys that live as long as this process. */
final class Keys {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int BYTES = 20;

  private Keys() {}

  static String random(String whose) {
    byte[] random = new byte[BYTES];
    RANDOM.nextBytes(random);
    return "sk-demo-" + whose + '-' + HexFormat.of().formatHex(random);
  }

  /** How the config knows a key. */
  static String sha256(String key) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException everyJdkHasIt) {
      throw new IllegalStateException(everyJdkHasIt);
    }
  }
}
