package io.penstock.gateway.cache;

import io.penstock.config.Cache;
import io.penstock.config.Pool;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Caller;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is asked, of whom and for whom: a SHA-256 over the {@link Canonical} body, the operation,
 * who shares the answer, and all of the pool's config that can change it (its model, the name that
 * its servers know it by, the fields that are set or removed), with the operator's own version.
 * Another backend of the same pool, a price or a time-out changes no answer and no key.
 */
public record CacheKey(long a, long b, long c, long d) {
  private static final String FORM = "penstock-cache-1";
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  static CacheKey of(Call call, Caller caller, Pool pool, Cache config) {
    MessageDigest digest = sha256();
    part(digest, FORM);
    part(digest, config.version());
    part(digest, call.operation().name());
    part(digest, config.scope().name());
    part(
        digest,
        switch (config.scope()) {
          case TENANT -> caller.tenant();
          case TIER -> caller.tier().name();
          case GLOBAL -> "";
        });
    pool(digest, pool);
    Canonical body = Canonical.of(call.body());
    digest.update(body.bytes(), 0, body.length());
    return of(digest.digest());
  }

  private static void pool(MessageDigest digest, Pool pool) {
    part(digest, pool.name());
    part(digest, pool.model());
    part(digest, pool.servedModel());
    part(digest, pool.provider().name());
    part(digest, Integer.toString(pool.set().size()));
    for (Map.Entry<String, String> set : new TreeMap<>(pool.set()).entrySet()) {
      part(digest, set.getKey());
      part(digest, set.getValue());
    }
    part(digest, Integer.toString(pool.remove().size()));
    pool.remove().stream().sorted().forEach(field -> part(digest, field));
  }

  /** Its length stands before it, so that no two lists of parts are one text. */
  private static void part(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update((byte) (bytes.length >>> 24));
    digest.update((byte) (bytes.length >>> 16));
    digest.update((byte) (bytes.length >>> 8));
    digest.update((byte) bytes.length);
    digest.update(bytes);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has it", e);
    }
  }

  private static CacheKey of(byte[] hash) {
    return new CacheKey(word(hash, 0), word(hash, 8), word(hash, 16), word(hash, 24));
  }

  private static long word(byte[] hash, int at) {
    return (long) LONGS.get(hash, at);
  }

  String hex() {
    HexFormat hex = HexFormat.of();
    return hex.toHexDigits(a) + hex.toHexDigits(b) + hex.toHexDigits(c) + hex.toHexDigits(d);
  }
}
