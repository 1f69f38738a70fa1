package io.penstock.gateway.authenticate;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The SHA-256 of a key or a token, as a key of maps. Two are compared in a time that does not
 * depend on where they differ; which bucket of a map is looked into does depend on the hash, and
 * that says nothing of the key, for nobody can choose a hash.
 */
record KeyHash(long a, long b, long c, long d) {
  private static final ThreadLocal<MessageDigest> SHA_256 =
      ThreadLocal.withInitial(KeyHash::sha256);

  static KeyHash of(String secret) {
    return of(SHA_256.get().digest(secret.getBytes(ISO_8859_1)));
  }

  static KeyHash ofHex(String sha256) {
    return of(HexFormat.of().parseHex(sha256));
  }

  private static KeyHash of(byte[] hash) {
    var words = ByteBuffer.wrap(hash);
    return new KeyHash(words.getLong(), words.getLong(), words.getLong(), words.getLong());
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof KeyHash(long oa, long ob, long oc, long od)
        && ((a ^ oa) | (b ^ ob) | (c ^ oc) | (d ^ od)) == 0;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(a);
  }

  @Override
  public String toString() {
    return "(a key's hash)";
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
