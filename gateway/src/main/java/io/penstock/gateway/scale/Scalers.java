package io.penstock.gateway.scale;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.penstock.config.Controller;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.gateway.capacity.Capacities;
import io.penstock.gateway.capacity.Capacities.Role;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The pools whose config names a controller: after each look their actors are told the target,
 * where this gateway is the one of its fleet that acts. Fast up and slow down is the target's, as
 * are min and max.
 */
public final class Scalers {
  private final MeterRegistry meters;
  private final Capacities capacities;
  private Map<String, Acting> acting = Map.of();

  private record Acting(Controller controller, PoolScaler scaler) {}

  public Scalers(MeterRegistry meters, Capacities capacities) {
    this.meters = meters;
    this.capacities = capacities;
  }

  /** Takes the pools of a new config; a controller that stays as it was goes on. */
  public synchronized void reload(PenstockConfig config) {
    Map<String, Acting> next = new HashMap<>();
    for (Pool pool : config.pools().values()) {
      pool.capacity()
          .flatMap(capacity -> capacity.scaling().controller())
          .ifPresent(controller -> next.put(pool.name(), kept(pool.name(), controller)));
    }
    acting = Map.copyOf(next);
  }

  private Acting kept(String pool, Controller controller) {
    Acting before = acting.get(pool);
    return before != null && before.controller.equals(controller)
        ? before
        : new Acting(controller, scaler(pool, controller));
  }

  private PoolScaler scaler(String pool, Controller controller) {
    Actor actor = actor(pool, controller);
    Counter done = counter(pool, "done");
    Counter failed = counter(pool, "failed");
    Gauge.builder("penstock.scale.told.replicas", this, known -> known.told(pool))
        .description("Replicas that the pool's controller was last told; -1: none yet, not leading")
        .tag("pool", pool)
        .register(meters);
    return new PoolScaler(pool, actor, well -> (well ? done : failed).increment());
  }

  private static Actor actor(String pool, Controller controller) {
    List<Actor> actors = new ArrayList<>();
    controller
        .kubernetes()
        .ifPresent(to -> actors.add(new KubernetesActor(to, controller.timeout())));
    if (!controller.command().isEmpty()) {
      actors.add(new CommandActor(pool, controller.command(), controller.timeout()));
    }
    return replicas -> {
      for (Actor each : actors) {
        each.scale(replicas);
      }
    };
  }

  private Counter counter(String pool, String result) {
    return Counter.builder("penstock.scale.actions")
        .description("Times that the pool's controller was told its replicas")
        .tags("pool", pool, "result", result)
        .register(meters);
  }

  private synchronized int told(String pool) {
    return Optional.ofNullable(acting.get(pool)).map(each -> each.scaler.told()).orElse(-1);
  }

  /** Tells the actors what the last look found. */
  public void act(double nowSeconds) {
    Map<String, Acting> now;
    synchronized (this) {
      now = acting;
    }
    Role role = capacities.role();
    now.forEach((pool, each) -> {
      var latest = capacities.latest(pool);
      if (latest == null || role == Role.FOLLOWS) {
        each.scaler.rest();
      } else {
        int wanted = latest.target().replicas();
        int told = each.scaler.told();
        each.scaler.want(role == Role.LED ? Math.max(told, wanted) : wanted, nowSeconds);
      }
    });
  }
}
