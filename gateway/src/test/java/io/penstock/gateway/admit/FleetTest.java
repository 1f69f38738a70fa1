package io.penstock.gateway.admit;

import static io.penstock.gateway.testing.TestBed.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.Limits;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Redis.OnFailure;
import io.penstock.config.Redis.PerLimit;
import io.penstock.config.Tier;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Refusal;
import io.penstock.gateway.call.Reservation;
import io.penstock.gateway.call.Usage;
import io.penstock.gateway.redis.Redis;
import io.penstock.gateway.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Limits that gateways share, over a real Redis. */
final class FleetTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final long REQUEST_MICROS = HOUR.toNanos() / 1000 / 100;
  private static final long TOKEN_MICROS = HOUR.toNanos() / 1000 / 10_000;

  private static RedisServer server;
  private static Store store;

  private final Tier tier =
      Given.tier(
          "paid",
          new Limits(Given.per(100, HOUR), Given.per(10_000, HOUR), 5),
          Given.per(10, Duration.ofDays(30)));
  private final Caller caller = Given.caller(tier);
  private final PenstockConfig config = Given.config(tier);

  @BeforeAll
  static void start() throws Exception {
    server = RedisServer.start();
    store = new Store(server);
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @BeforeEach
  void clean() throws Exception {
    server.command("FLUSHALL");
    server.command("CONFIG", "RESETSTAT");
  }

  @Test
  void call_costsOneRoundTripEachWay() throws Exception {
    try (var one = Member.of(config, server.url())) {
      admitted(one, 10, 10, 1000).settle(new Usage(10, 0, 10, true), 500);
      await(() -> store.leases("key:paid:paid") == 0);
      await(() -> one.gateways() == 1);
      server.command("CONFIG", "RESETSTAT");
      for (int i = 0; i < 20; i++) {
        admitted(one, 10, 10, 1000).settle(new Usage(10, 0, 10, true), 500);
      }
      await(() -> store.number("tenant:paid:paid", "mp") == 21 * 500);
      double beats =
          one.meters().get("penstock.store.calls").tag("result", "answered").counter().count();
      assertThat(beats).isPositive();
      // One each way; the heart beats beside them now and then, each a script too.
      assertThat(store.calls("evalsha")).isBetween(40L, 46L);
      assertThat(store.calls("eval")).isZero();
    }
  }

  @Test
  void settlement_leavesWhatWasUsed_inEveryScope() throws Exception {
    try (var one = Member.of(config, server.url())) {
      admitted(one, 100, 200, 4000).settle(new Usage(90, 0, 50, true), 1500);
      await(() -> store.number("tenant:paid:paid", "mp") == 1500);
      assertThat(store.number("tenant:paid:paid", "mh")).isZero();
      assertThat(empty("t")).isBetween(1L, 140 * TOKEN_MICROS);
      long started = store.micros();
      long requests = empty("r");
      assertThat(requests).isBetween(1L, REQUEST_MICROS);
      admitted(one, 100, 200, 4000).release();
      await(() -> store.leases("key:paid:paid") == 0);
      assertThat(empty("r")).isBetween(requests - (store.micros() - started), requests);
      assertThat(store.number("tenant:paid:paid", "mp")).isEqualTo(1500);
      assertThat(store.number("tenant:paid:paid", "mh")).isZero();
    }
  }

  @Test
  void underestimate_isDebt_thatAnotherGatewaySees() throws Exception {
    try (var one = Member.of(config, server.url());
        var two = Member.of(config, server.url())) {
      admitted(one, 10, 10, 0).settle(new Usage(20_000, 0, 0, true), 0);
      await(() -> empty("t") > 10_000 * TOKEN_MICROS);
      var no = (Refusal.RateLimited) two.reserve(caller, Given.demand(1, 1), 0);
      assertThat(no.limit()).isEqualTo("tokens");
      assertThat(no.retryAfter())
          .isBetween(HOUR.multipliedBy(9).dividedBy(10), HOUR.multipliedBy(2));
    }
  }

  @Test
  void slots_requestsAndMoney_areTheFleets() throws Exception {
    try (var one = Member.of(config, server.url());
        var two = Member.of(config, server.url())) {
      List<Reservation> held = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        held.add(admitted(i % 2 == 0 ? one : two, 1, 1, 1_000_000));
      }
      for (Member each : List.of(one, two)) {
        var no = (Refusal.RateLimited) each.reserve(caller, Given.demand(1, 1), 1);
        assertThat(no.limit()).isEqualTo("concurrency");
        assertThat(no.retryAfter()).isPositive();
      }
      held.forEach(one1 -> one1.settle(Usage.NONE, 2_000_000));
      await(() -> store.number("tenant:paid:paid", "mp") == 10_000_000);
      assertThat(two.reserve(caller, Given.demand(1, 1), 1))
          .isInstanceOf(Refusal.BudgetSpent.class);
      assertThat(one.admit().money("paid").get("paid").heldMicroUsd()).isBetween(0L, 5_000_000L);
      assertThat(two.admit().money("paid").get("paid").spentMicroUsd()).isEqualTo(10_000_000);
    }
  }

  @Test
  void refusal_burnsNothing_andAnAskThatNeverFitsDoesNotEvenAsk() throws Exception {
    Tier tight =
        Given.tier(
            "paid", new Limits(Given.per(100, HOUR), Given.per(50, HOUR), 0), Optional.empty());
    try (var one = Member.of(Given.config(tight), server.url())) {
      assertThat(one.reserve(caller, Given.demand(30, 10), 0)).isInstanceOf(Reservation.class);
      long requests = empty("r");
      for (int i = 0; i < 10; i++) {
        assertThat(one.reserve(caller, Given.demand(30, 10), 0))
            .isInstanceOf(Refusal.RateLimited.class);
      }
      assertThat(empty("r")).isLessThanOrEqualTo(requests);
      long scripts = store.calls("evalsha") + store.calls("eval");
      assertThat(one.reserve(caller, Given.demand(30, 30), 0))
          .isInstanceOf(Refusal.BadRequest.class);
      assertThat(store.calls("evalsha") + store.calls("eval") - scripts).isBetween(0L, 1L);
    }
  }

  @Test
  void reservation_withoutAnAnswer_isGivenUp_alsoWhereItComesLater() throws Exception {
    try (var one =
        Member.of(config, server.url(), Duration.ofMillis(200), Duration.ofSeconds(30), null)) {
      admitted(one, 1, 1, 0).release();
      await(() -> store.leases("key:paid:paid") == 0);
      long calls = store.number("key:paid:paid", "r");
      server.freeze();
      assertThat(one.reserve(caller, Given.demand(100, 100), 1000)).isInstanceOf(Held.class);
      server.thaw();
      await(one.redis()::isUp);
      one.told();
      await(
          () -> store.leases("key:paid:paid") == 0 && store.number("tenant:paid:paid", "mh") == 0);
      // What this gateway admitted by itself meanwhile is the fleet's now, once.
      await(() -> empty("t") > 199 * TOKEN_MICROS - 60_000_000 / 1);
      assertThat(empty("t")).isLessThanOrEqualTo(200 * TOKEN_MICROS);
      assertThat(calls).isNotNegative();
    }
  }

  /** One kind of limit is denied, and the others are this gateway's to decide. */
  @ParameterizedTest
  @ValueSource(strings = {"requests", "tokens", "concurrency", "budget"})
  void denied_whereTheConfigSaysSo_whileTheStoreIsAway(String kind) throws Exception {
    try (var own = RedisServer.start()) {
      own.kill();
      try (var one = withoutStore(config, own, only(kind, OnFailure.DENY))) {
        var no = (Refusal.RateLimited) one.reserve(caller, Given.demand(1, 1), 1);
        assertThat(no.limit()).isEqualTo(kind);
        assertThat(no.message()).contains("does not answer");
        assertThat(no.retryAfter()).isEqualTo(Duration.ofSeconds(1));
      }
    }
  }

  /** A limit of the one kind is not looked at, and one of another kind is. */
  @ParameterizedTest
  @ValueSource(strings = {"requests", "tokens", "concurrency", "budget"})
  void allowed_whereTheConfigSaysSo_whileTheStoreIsAway(String kind) throws Exception {
    Tier small =
        Given.tier(
            "paid",
            new Limits(
                kind.equals("requests") ? Given.per(2, HOUR) : Optional.empty(),
                kind.equals("tokens") ? Given.per(20, HOUR) : Optional.empty(),
                kind.equals("concurrency") ? 2 : 0),
            kind.equals("budget") ? Given.per(0.002, Duration.ofDays(30)) : Optional.empty());
    try (var own = RedisServer.start()) {
      own.kill();
      try (var one = withoutStore(Given.config(small), own, only(kind, OnFailure.ALLOW));
          var other = withoutStore(Given.config(small), own, only(kind, OnFailure.LOCAL))) {
        for (int i = 0; i < 6; i++) {
          assertThat(one.reserve(Given.caller(small), Given.demand(5, 5), 1000))
              .isInstanceOf(Held.class);
        }
        for (int i = 0; i < 2; i++) {
          other.reserve(Given.caller(small), Given.demand(5, 5), 1000);
        }
        assertThat(other.reserve(Given.caller(small), Given.demand(5, 5), 1000))
            .isInstanceOf(Refusal.class);
      }
    }
  }

  private static Member withoutStore(PenstockConfig config, RedisServer dead, PerLimit each) {
    return Member.of(config, dead.url(), Duration.ofSeconds(5), Duration.ofSeconds(30), each);
  }

  private static PerLimit only(String kind, OnFailure choice) {
    return new PerLimit(
        kind.equals("requests") ? choice : OnFailure.LOCAL,
        kind.equals("tokens") ? choice : OnFailure.LOCAL,
        kind.equals("concurrency") ? choice : OnFailure.LOCAL,
        kind.equals("budget") ? choice : OnFailure.LOCAL);
  }

  @Test
  void share_ofEachGateway_whileTheStoreIsAway_isItsPartOfTheWhole() throws Exception {
    Tier plain =
        Given.tier(
            "paid", new Limits(Given.per(100, HOUR), Optional.empty(), 20), Optional.empty());
    PenstockConfig shared = Given.config(plain);
    try (var own = RedisServer.start()) {
      try (var one = patientOnly(shared, own);
          var two = patientOnly(shared, own)) {
        await(() -> one.gateways() == 2 && two.gateways() == 2);
        own.kill();
        List<Reservation> held = new ArrayList<>();
        for (Member each : List.of(one, two)) {
          int admitted = 0;
          while (each.reserve(caller, Given.demand(1, 1), 0) instanceof Reservation more) {
            held.add(more);
            admitted++;
          }
          assertThat(admitted).as("slots").isEqualTo(10);
        }
        held.forEach(one1 -> one1.settle(Usage.NONE));
        int more = 0;
        while (one.reserve(caller, Given.demand(1, 1), 0) instanceof Reservation taken) {
          taken.settle(Usage.NONE);
          more++;
        }
        assertThat(10 + more).as("requests").isBetween(50, 51);
      }
    }
  }

  private static Member patientOnly(PenstockConfig config, RedisServer server) {
    return Member.of(config, server.url(), Duration.ofSeconds(2), Duration.ofSeconds(1), null);
  }

  @Test
  void cluster_ofThreeNodes_decidesAsOneServerDoes() throws Exception {
    try (var cluster = RedisServer.Cluster.start();
        var one = Member.of(config, cluster.url());
        var two = Member.of(config, cluster.url())) {
      List<Reservation> held = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        held.add(admitted(i % 2 == 0 ? one : two, 10, 10, 1000));
      }
      assertThat(two.reserve(caller, Given.demand(1, 1), 1))
          .isInstanceOf(Refusal.RateLimited.class);
      held.forEach(each -> each.settle(new Usage(10, 0, 10, true), 700));
      Store node = new Store(nodeWith(cluster));
      await(() -> node.number("tenant:paid:paid", "mp") == 3500);
      await(() -> node.leases("key:paid:paid") == 0);
      assertThat(one.reserve(caller, Given.demand(1, 1), 1)).isInstanceOf(Grant.class);
    }
  }

  private static RedisServer nodeWith(RedisServer.Cluster cluster) throws Exception {
    for (RedisServer node : cluster.nodes()) {
      if (!node.command("DBSIZE").equals(":0\r\n")) {
        return node;
      }
    }
    throw new AssertionError("no node has a key");
  }

  private Reservation admitted(Member by, int prompt, int completion, long maxMicroUsd) {
    var admission = by.reserve(caller, Given.demand(prompt, completion), maxMicroUsd);
    assertThat(admission).isInstanceOf(Grant.class);
    return (Reservation) admission;
  }

  /** How long until a bucket of the key is full, as of now. */
  private static long empty(String bucket) {
    long passed = store.micros() - store.number("key:paid:paid", "at");
    return Math.max(0, store.number("key:paid:paid", bucket) - passed);
  }

  @Test
  void unusedKeys_areForgottenByThemselves() throws Exception {
    try (var one = Member.of(config, server.url())) {
      admitted(one, 1, 1, 0).settle(Usage.NONE);
      await(() -> store.leases("key:paid:paid") == 0);
      for (String key :
          server.command("KEYS", "*").lines().filter(l -> l.startsWith("{")).toList()) {
        assertThat(server.command("PTTL", key)).as(key).doesNotContain("-1");
      }
      assertThat(Redis.text(Redis.bytes("x"))).isEqualTo("x");
    }
  }
}
