package io.penstock.gateway.choose;

import io.penstock.config.Secret;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A pool's credentials, shared by all loops. Each call takes the one with the fewest calls in
 * flight, ties going round; one that is rate limited rests until the provider will have it again.
 */
final class KeyRing {
  private final List<Secret> secrets;
  private final List<Key> keys;
  private final AtomicInteger turn = new AtomicInteger();

  KeyRing(List<Secret> secrets) {
    this.secrets = secrets;
    this.keys = secrets.stream().map(Key::new).toList();
  }

  List<Secret> secrets() {
    return secrets;
  }

  boolean isEmpty() {
    return keys.isEmpty();
  }

  /** Null where all of them rest. */
  @Nullable Key take(long nowNanos) {
    Key best = null;
    int load = Integer.MAX_VALUE;
    int first = Math.floorMod(turn.getAndIncrement(), keys.size());
    for (int i = 0; i < keys.size(); i++) {
      Key key = keys.get((first + i) % keys.size());
      int inFlight = key.inFlight.get();
      if (inFlight < load && key.rest.leftNanos(nowNanos) == 0) {
        best = key;
        load = inFlight;
      }
    }
    if (best != null) {
      best.inFlight.incrementAndGet();
    }
    return best;
  }

  /** When the first of them may be used again, from now; 0: at once, or there are none. */
  long leftNanos(long nowNanos) {
    return keys.stream().mapToLong(key -> key.rest.leftNanos(nowNanos)).min().orElse(0);
  }

  /** One credential. */
  static final class Key {
    final Secret secret;
    final Rest rest = new Rest();
    private final AtomicInteger inFlight = new AtomicInteger();

    Key(Secret secret) {
      this.secret = secret;
    }

    void leave() {
      inFlight.decrementAndGet();
    }
  }
}
