package io.penstock.gateway.authenticate;

import io.penstock.config.ApiKey;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one source. Loops look keys up without a lock, in a time that does not depend on how
 * many there are; one thread at a time changes them.
 */
final class KeyTable {
  private volatile Map<KeyHash, ApiKey> byHash = new ConcurrentHashMap<>();
  private Map<String, KeyHash> hashes = new ConcurrentHashMap<>();

  @Nullable ApiKey find(KeyHash hash) {
    return byHash.get(hash);
  }

  int size() {
    return byHash.size();
  }

  /** Adds a key, or changes the one of its id. */
  synchronized void put(ApiKey key) {
    KeyHash hash = KeyHash.ofHex(key.sha256());
    byHash.put(hash, key);
    KeyHash before = hashes.put(key.id(), hash);
    if (before != null && !before.equals(hash)) {
      forget(before, key.id());
    }
  }

  synchronized void remove(String id) {
    KeyHash hash = hashes.remove(id);
    if (hash != null) {
      forget(hash, id);
    }
  }

  /** Unless it is another's by now. */
  private void forget(KeyHash hash, String id) {
    ApiKey known = byHash.get(hash);
    if (known != null && known.id().equals(id)) {
      byHash.remove(hash);
    }
  }

  void clear() {
    replaceAll(List.of());
  }

  /** These keys and no others, from one moment on. */
  synchronized void replaceAll(Collection<ApiKey> keys) {
    var next = new ConcurrentHashMap<KeyHash, ApiKey>(keys.size() * 2);
    var nextHashes = new ConcurrentHashMap<String, KeyHash>(keys.size() * 2);
    for (ApiKey key : keys) {
      KeyHash hash = KeyHash.ofHex(key.sha256());
      next.put(hash, key);
      nextHashes.put(key.id(), hash);
    }
    hashes = nextHashes;
    byHash = next;
  }
}
