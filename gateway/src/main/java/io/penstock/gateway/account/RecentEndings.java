package io.penstock.gateway.account;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the last calls that ended, to tell one that ends again. A call is known by its id's
 * identity, not its value, for a client may send the same id twice. The memory is bounded: one that
 * ends again after thousands of others is not found here, but {@code penstock_open_calls} below
 * zero still tells.
 */
final class RecentEndings {
  private static final int SIZE = 4096;

  private final AtomicReferenceArray<@Nullable String> ids = new AtomicReferenceArray<>(SIZE);

  @SuppressWarnings("ReferenceEquality") // the same call, not an equal name
  boolean sawBefore(String id) {
    int hash = id.hashCode();
    int slot = (hash ^ (hash >>> 16)) & (SIZE - 1);
    return ids.getAndSet(slot, id) == id;
  }
}
