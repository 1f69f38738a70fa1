package io.penstock.gateway.capacity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Redis.OnFailure;
import io.penstock.config.Secret;
import io.penstock.gateway.capacity.Capacities.Role;
import io.penstock.gateway.cost.Replicas;
import io.penstock.gateway.redis.Redis;
import io.penstock.gateway.testing.RedisServer;
import io.penstock.gateway.testing.TestBed;
import io.penstock.planner.autoscale.PoolCapacity;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Two gateways with one real Redis, on a clock that the test turns. */
class FleetTargetsTest {
  private static final PenstockConfig CONFIG =
      TestBed.parse(
          """
          tiers:
            all: {route: {simple: pool, medium: pool, complex: pool}}
          keys: [{id: all, sha256: "${ALL}", tier: all}]
          pools:
            pool:
              model: llama-2-7b
              url: "http://127.0.0.1:1"
              capacity: {gpu: l4, min: 1, max: 100}
              slo: {ttft: 2s, tpot: 100ms}
          """);

  /** Redis commands are waited for; a wait this long is a hang. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private Vertx vertx;
  private RedisServer server;
  private Member one;
  private Member two;
  private double nowSeconds = 1000;

  /** A gateway's part in it. */
  private final class Member {
    private final Redis store =
        Redis.open(
            vertx,
            io.penstock.config.Redis.at(new Secret(server.url()), PATIENCE, OnFailure.LOCAL),
            new SimpleMeterRegistry());
    private final Capacities capacities = capacities(Optional.of(store));

    void look(int arrived) throws Exception {
      step(capacities, arrived);
      store.quiet().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    PoolCapacity latest() {
      return Objects.requireNonNull(capacities.latest("pool"));
    }
  }

  private static Capacities capacities(Optional<Redis> store) {
    var capacities = new Capacities(store);
    var replicas = new Replicas(CONFIG, CONFIG.catalog(), capacities::replica);
    capacities.reload(CONFIG, replicas::deployment);
    return capacities;
  }

  private void step(Capacities capacities, int arrived) {
    var pool = Objects.requireNonNull(CONFIG.pools().get("pool"));
    for (int i = 0; i < arrived; i++) {
      capacities.arrived(pool);
    }
    capacities.look(nowSeconds, (long) nowSeconds, _ -> new Capacities.Standing(1, 0));
  }

  @BeforeEach
  void start() throws Exception {
    vertx = Vertx.vertx();
    server = RedisServer.start();
    one = new Member();
    two = new Member();
  }

  @AfterEach
  void stop() throws Exception {
    one.store.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    two.store.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    server.close();
    vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  /** Forty calls a look at the one, ten at the other, a look being two seconds. */
  private void looks(int times) throws Exception {
    for (int i = 0; i < times; i++) {
      nowSeconds += 2;
      one.look(40);
      two.look(10);
    }
  }

  @Test
  void targets_ofTwoGateways_areOne_fromTheLoadOfBoth() throws Exception {
    looks(45);

    assertThat(one.latest().load().perSecond()).isCloseTo(25, within(3.0));
    assertThat(two.latest().load().perSecond()).isCloseTo(25, within(3.0));
    assertThat(two.latest().target().replicas()).isEqualTo(one.latest().target().replicas());
    assertThat(one.latest().target().replicas()).isGreaterThan(alone(10));
    assertThat(one.capacities.role()).isEqualTo(Role.LEADS);
    assertThat(two.capacities.role()).isEqualTo(Role.FOLLOWS);
  }

  /** What a gateway that knew of its own calls alone would desire. */
  private int alone(int arrived) {
    var alone = capacities(Optional.empty());
    double before = nowSeconds;
    for (int i = 0; i < 45; i++) {
      nowSeconds += 2;
      step(alone, arrived);
    }
    nowSeconds = before;
    return Objects.requireNonNull(alone.latest("pool")).target().replicas();
  }

  @Test
  void load_withoutRedis_isTheOwnTimesTheFleet_andWhoLedActsOn() throws Exception {
    looks(10);
    server.kill();
    looks(60);

    assertThat(one.latest().load().perSecond()).isCloseTo(40, within(2.0));
    assertThat(two.latest().load().perSecond()).isCloseTo(10, within(1.0));
    assertThat(one.capacities.role()).isEqualTo(Role.LED);
    assertThat(two.capacities.role()).isEqualTo(Role.FOLLOWS);
  }

  @Test
  void leader_thatLeaves_isFollowedByTheOther() throws Exception {
    looks(3);
    int agreed = one.latest().target().replicas();

    one.capacities.leave().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    nowSeconds += 2;
    two.look(10);
    nowSeconds += 2;
    two.look(10);

    assertThat(two.capacities.role()).isEqualTo(Role.LEADS);
    assertThat(two.latest().target().replicas()).isGreaterThanOrEqualTo(agreed);
  }
}
