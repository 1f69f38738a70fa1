package io.penstock.gateway.cli;

import io.penstock.gateway.authenticate.NewKey;
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
    return NewKey.sha256(key);
  }
}
