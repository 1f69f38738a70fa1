package io.penstock.gateway;

import io.penstock.gateway.capacity.Capacities;
import io.penstock.gateway.choose.Backends;
import io.penstock.gateway.choose.Backends.PoolStatus;
import io.penstock.gateway.queue.Rooms;
import io.penstock.gateway.scale.Scalers;
import io.vertx.core.Vertx;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Looks at every pool's capacity every few seconds, on a thread that serves nobody: what sizing
 * takes is milliseconds, which a loop does not have.
 */
final class Lookout {
  private static final long EVERY_MILLIS = 2000;

  /** How often rooms are told what is up, and those in them who waited too long are sent away. */
  private static final long ROOMS_MILLIS = 50;

  private static final double NANOS_PER_SECOND = 1e9;

  private final Capacities capacities;
  private final Backends backends;
  private final Scalers scalers;

  private final Rooms rooms;
  private final Readings readings;
  private final List<Runnable> timers = new ArrayList<>(2);

  Lookout(
      Capacities capacities, Backends backends, Rooms rooms, Readings readings, Scalers scalers) {
    this.readings = readings;
    this.rooms = rooms;
    this.scalers = scalers;
    this.capacities = capacities;
    this.backends = backends;
  }

  /** Looks now, and from now on. */
  Lookout start(Vertx vertx) {
    look();
    lookAtRooms();
    every(vertx, EVERY_MILLIS, this::look);
    long timer = vertx.setPeriodic(ROOMS_MILLIS, _ -> lookAtRooms());
    timers.add(() -> vertx.cancelTimer(timer));
    return this;
  }

  private void every(Vertx vertx, long millis, Runnable look) {
    long timer =
        vertx.setPeriodic(
            millis,
            _ ->
                vertx.executeBlocking(
                    () -> {
                      look.run();
                      return true;
                    },
                    true));
    timers.add(() -> vertx.cancelTimer(timer));
  }

  void stop() {
    timers.forEach(Runnable::run);
  }

  private void lookAtRooms() {
    for (PoolStatus pool : backends.status()) {
      int up = (int) pool.backends().stream().filter(Lookout::serves).count();
      Rooms.Bearing each = bearing(pool.name());
      rooms.look(pool.name(), up, each, lost(pool, each.places()));
    }
  }

  private double lost(PoolStatus pool, double places) {
    double lost = 0;
    for (Backends.BackendStatus backend : pool.backends()) {
      if (serves(backend) && Double.isFinite(places)) {
        lost += readings.lost(pool.name(), backend.id(), backend.inFlight(), places);
      }
    }
    return lost;
  }

  private Rooms.Bearing bearing(String pool) {
    var bears = capacities.bears(pool);
    if (bears == null) {
      return Rooms.Bearing.ANY;
    }
    if (bears.promptSecondsPerToken() == 0) {
      return new Rooms.Bearing(bears.sequences(), bears.kvTokens(), bears.seconds(), null);
    }
    // As many tokens as take no longer than a step of what is generated anyway.
    double perToken = bears.promptSecondsPerToken() * (1 - bears.cachedShare());
    var prefill = new Rooms.Prefill(bears.stepSeconds() / perToken, perToken, bears.stepSeconds());
    return new Rooms.Bearing(bears.sequences(), bears.kvTokens(), bears.seconds(), prefill);
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
    backends.status().forEach(pool -> time(pool.name()));
    scalers.act(now);
  }

  private void time(String pool) {
    var speeds = capacities.speeds(pool);
    if (speeds != null) {
      backends.timed(pool, speeds.idleCalls(), speeds.slowness());
    }
  }

  private static boolean serves(Backends.BackendStatus backend) {
    return backend.state() == Backends.State.UP;
  }
}
