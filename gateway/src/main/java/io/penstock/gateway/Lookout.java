package io.penstock.gateway;

import io.penstock.gateway.capacity.Capacities;
import io.penstock.gateway.choose.Backends;
import io.penstock.gateway.choose.Backends.PoolStatus;
import io.penstock.gateway.scale.Scalers;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * Looks at every pool's capacity every few seconds, on a thread that serves nobody: what sizing
 * takes is milliseconds, which a loop does not have.
 */
final class Lookout {
  private static final long EVERY_MILLIS = 2000;
  private static final double NANOS_PER_SECOND = 1e9;

  private final Capacities capacities;
  private final Backends backends;
  private final Scalers scalers;

  Lookout(Capacities capacities, Backends backends, Scalers scalers) {
    this.scalers = scalers;
    this.capacities = capacities;
    this.backends = backends;
  }

  /** Looks now, and from now on; answers the timer's id. */
  long start(Vertx vertx) {
    look();
    return vertx.setPeriodic(
        EVERY_MILLIS,
        _ ->
            vertx.executeBlocking(
                () -> {
                  look();
                  return true;
                },
                true));
  }

  private synchronized void look() {
    Map<String, Capacities.Standing> standing = new HashMap<>();
    for (PoolStatus pool : backends.status()) {
      int up = (int) pool.backends().stream().filter(Lookout::serves).count();
      standing.put(pool.name(), new Capacities.Standing(up, pool.inFlight()));
    }
    double now = System.nanoTime() / NANOS_PER_SECOND;
    capacities.look(
        now,
        Instant.now().getEpochSecond(),
        pool -> standing.getOrDefault(pool, new Capacities.Standing(0, 0)));
    scalers.act(now);
  }

  private static boolean serves(Backends.BackendStatus backend) {
    return backend.state() == Backends.State.UP;
  }
}
