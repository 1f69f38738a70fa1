package io.penstock.gateway.accept;

import io.vertx.core.http.HttpServerRequest;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The memory that the bodies of all requests take together, from their first bytes to the end of
 * their calls. Without a bound some tens of clients with large bodies take the whole heap, and then
 * nobody is answered. A body that finds no room is refused; one alone always finds room. Small
 * bodies are not counted: connections bound them. Shared by all loops.
 */
final class BodyMemory {
  /** A body is here up to three times: as it grows, whole, and as it is sent on. */
  private static final int SHARE_OF_HEAP = 8;

  private final long mostBytes;
  private final AtomicLong takenBytes = new AtomicLong();
  private final Map<HttpServerRequest, Long> holders = new ConcurrentHashMap<>();

  BodyMemory() {
    this(Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);
  }

  BodyMemory(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /** Takes more for a request's body; false where there is no room. */
  boolean take(HttpServerRequest holder, long moreBytes) {
    long others = takenBytes.get() - holders.getOrDefault(holder, 0L);
    if (takenBytes.addAndGet(moreBytes) > mostBytes && others > 0) {
      takenBytes.addAndGet(-moreBytes);
      return false;
    }
    holders.merge(holder, moreBytes, Long::sum);
    return true;
  }

  /** The request's call has ended. */
  void release(HttpServerRequest holder) {
    if (!holders.isEmpty()) {
      Long held = holders.remove(holder);
      if (held != null) {
        takenBytes.addAndGet(-held);
      }
    }
  }

  long takenBytes() {
    return takenBytes.get();
  }
}
