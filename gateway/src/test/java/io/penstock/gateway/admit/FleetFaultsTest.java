package io.penstock.gateway.admit;

import static io.penstock.gateway.testing.TestBed.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.Limits;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Tier;
import io.penstock.gateway.call.Admission;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Reservation;
import io.penstock.gateway.call.Usage;
import io.penstock.gateway.testing.Proxy;
import io.penstock.gateway.testing.RedisServer;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;

/** What limits do while Redis is ill: nobody fails, and nothing is lost that could be kept. */
final class FleetFaultsTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final long REQUEST_MICROS = 3600;
  private static final long MICRO_USD = 10;
  private final Tier tier =
      Given.tier(
          "paid",
          new Limits(Given.per(1e6, HOUR), Optional.empty(), 1000),
          Given.per(1000, Duration.ofDays(30)));
  private final Caller caller = Given.caller(tier);
  private final PenstockConfig config = Given.config(tier);
  private final LongAdder admitted = new LongAdder();
  private final LongAdder alone = new LongAdder();

  private interface Ill {
    void makeAndCure() throws Exception;
  }

  @Test
  void frozenRedis_isDoneWithout_andIsToldAfterwards() throws Exception {
    try (var server = RedisServer.start();
        var one = member(server.url())) {
      long from = new Store(server).micros();
      traffic(
          one,
          () -> {
            server.freeze();
            await(() -> !one.redis().isUp() && alone.sum() > 100);
            server.thaw();
            await(one.redis()::isUp);
          });
      assertThat(alone.sum()).isGreaterThan(100);
      assertAllIsTold(new Store(server), one, from);
    }
  }

  @Test
  void cutNetwork_isDoneWithout_andIsToldAfterwards() throws Exception {
    try (var server = RedisServer.start();
        var proxy = Proxy.to(server.port());
        var one = member("redis://127.0.0.1:" + proxy.port())) {
      long from = new Store(server).micros();
      traffic(
          one,
          () -> {
            proxy.cut();
            await(() -> !one.redis().isUp() && alone.sum() > 100);
            proxy.mend();
            await(one.redis()::isUp);
          });
      assertThat(alone.sum()).isGreaterThan(100);
      assertAllIsTold(new Store(server), one, from);
    }
  }

  @Test
  void slowRedis_isDoneWithout_untilItIsFastAgain() throws Exception {
    try (var server = RedisServer.start();
        var proxy = Proxy.to(server.port());
        var one = member("redis://127.0.0.1:" + proxy.port())) {
      long from = new Store(server).micros();
      traffic(
          one,
          () -> {
            proxy.delay(400);
            await(() -> !one.redis().isUp() && alone.sum() > 100);
            proxy.delay(0);
            await(one.redis()::isUp);
          });
      assertThat(alone.sum()).isGreaterThan(100);
      assertAllIsTold(new Store(server), one, from);
    }
  }

  @Test
  void killedRedis_comesBackEmpty_andIsGoneOnWith() throws Exception {
    try (var server = RedisServer.start();
        var one = member(server.url())) {
      traffic(
          one,
          () -> {
            server.kill();
            await(() -> !one.redis().isUp() && alone.sum() > 100);
            server.restart();
            await(one.redis()::isUp);
            long before = admitted.sum() - alone.sum();
            await(() -> admitted.sum() - alone.sum() > before + 50);
          });
      one.told();
      Store store = new Store(server);
      await(() -> store.leases("key:paid:paid") == 0);
    }
  }

  @Test
  void flushedScripts_areSentAgain_andNothingIsDecidedAlone() throws Exception {
    try (var server = RedisServer.start();
        var one = Member.of(config, server.url())) {
      await(one.redis()::isUp);
      traffic(
          one,
          () -> {
            for (int i = 0; i < 5; i++) {
              long before = admitted.sum();
              server.command("SCRIPT", "FLUSH");
              await(() -> admitted.sum() > before + 20);
            }
          });
      assertThat(alone.sum()).isZero();
    }
  }

  /** What the replica had been told is there after it was promoted, and nobody noticed. */
  @Test
  void killedMaster_isReplacedBySentinel_andNothingFails() throws Exception {
    Duration timeout = Duration.ofMillis(200);
    Duration lease = Duration.ofSeconds(2);
    try (var master = RedisServer.start();
        var replica = RedisServer.start("--replicaof", "127.0.0.1", String.valueOf(master.port()));
        var sentinel = RedisServer.startSentinel(master.port())) {
      await(() -> says(replica, "INFO", "master_link_status:up"));
      await(() -> says(sentinel, "INFO", "slaves=1"));
      String url = "redis-sentinel://127.0.0.1:" + sentinel.port() + "/0#main";
      try (var one = Member.of(config, url, timeout, lease, null)) {
        await(one.redis()::isUp);
        var told = new LongAdder();
        traffic(
            one,
            () -> {
              told.add(admitted.sum());
              master.command("SET", "mark", "there");
              await(() -> says(replica, "GET mark", "there"));
              master.kill();
              await(() -> !one.redis().isUp() && alone.sum() > 100);
              await(one.redis()::isUp);
              long before = admitted.sum() - alone.sum();
              await(() -> admitted.sum() - alone.sum() > before + 50);
            });
        one.told();
        Store store = new Store(replica);
        await(() -> {
          // A settlement that the replica was not told of in time leaves a lease to run out.
          call(one);
          one.told();
          return store.number("tenant:paid:paid", "mh") == 0;
        });
        assertThat(store.number("tenant:paid:paid", "mp"))
            .isBetween(told.sum() * MICRO_USD, admitted.sum() * MICRO_USD);
      }
    }
  }

  @Test
  void killedGateway_losesItsLeases_andTheyComeBackInTheirTime() throws Exception {
    try (var server = RedisServer.start();
        var other =
            Member.of(FleetMember.CONFIG, server.url(), Member.PATIENT, FleetMember.LEASE, null)) {
      Store store = new Store(server);
      Process doomed = start(server, String.valueOf(FleetMember.SLOTS - 2));
      try (BufferedReader says = doomed.inputReader()) {
        String line = says.readLine();
        while (line != null && !line.startsWith("taken")) {
          line = says.readLine();
        }
        assertThat(line).isEqualTo("taken " + (FleetMember.SLOTS - 2));
        List<Reservation> mine = new ArrayList<>();
        takeAll(other, mine);
        assertThat(mine).hasSize(2);
        // Longer than a lease: it is renewed while its gateway lives.
        long later = store.micros() + 2 * FleetMember.LEASE.toMillis() * 1000;
        await(() -> store.micros() > later);
        takeAll(other, mine);
        assertThat(mine).hasSize(2);

        doomed.destroyForcibly().waitFor();
        await(() -> {
          takeAll(other, mine);
          return mine.size() == FleetMember.SLOTS;
        });
        mine.forEach(one -> one.settle(new Usage(1, 0, 1, true), 1));
        await(() -> store.leases("key:paid:paid") == 0);
        // The dead gateway's calls were sent: what they could cost counts as spent.
        assertThat(store.number("tenant:paid:paid", "mp"))
            .isEqualTo((FleetMember.SLOTS - 2) * 1000L + FleetMember.SLOTS);
        assertThat(store.number("tenant:paid:paid", "mh")).isZero();
        await(() -> other.gateways() == 1);
      } finally {
        doomed.destroyForcibly();
      }
    }
  }

  /** Whatever it was about to do: what it had taken and not given back is lost, and no more. */
  @Test
  void killedGateway_inTheMiddleOfItsWork_losesNoMoreThanItsLeases() throws Exception {
    try (var server = RedisServer.start();
        var other =
            Member.of(FleetMember.CONFIG, server.url(), Member.PATIENT, FleetMember.LEASE, null)) {
      Store store = new Store(server);
      Process doomed = start(server, "busy");
      try (BufferedReader says = doomed.inputReader()) {
        String line = says.readLine();
        while (line != null && !line.equals("busy")) {
          line = says.readLine();
        }
        doomed.destroyForcibly().waitFor();
        long leases = store.leases("key:paid:paid");
        long spent = store.number("tenant:paid:paid", "mp");
        long lost = leases * FleetMember.WORST_MICRO_USD;
        assertThat(leases).isBetween(1L, (long) FleetMember.SLOTS);
        assertThat(store.number("tenant:paid:paid", "mh")).isEqualTo(lost);

        List<Reservation> mine = new ArrayList<>();
        await(() -> {
          takeAll(other, mine);
          return mine.size() == FleetMember.SLOTS;
        });
        mine.forEach(one -> one.settle(new Usage(1, 0, 1, true), 1));
        await(() -> store.leases("key:paid:paid") == 0);
        assertThat(store.number("tenant:paid:paid", "mp"))
            .isEqualTo(spent + lost + FleetMember.SLOTS);
        assertThat(store.number("tenant:paid:paid", "mh")).isZero();
      } finally {
        doomed.destroyForcibly();
      }
    }
  }

  private static boolean says(RedisServer server, String asked, String text) {
    try {
      return server.command(asked.split(" ")).contains(text);
    } catch (java.io.IOException gone) {
      return false;
    }
  }

  private static void takeAll(Member by, List<Reservation> held) {
    while (by.reserve(Given.caller(FleetMember.TIER), Given.demand(10, 10), 1000)
        instanceof Reservation more) {
      assertThat(more).isInstanceOf(Grant.class);
      held.add(more);
    }
  }

  private static Process start(RedisServer server, String work) throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new ProcessBuilder(
            java,
            "-XX:+UseSerialGC",
            "-Xmx128m",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            FleetMember.class.getName(),
            server.url(),
            work)
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private Member member(String url) {
    Member member = Member.of(config, url, Duration.ofMillis(200), Duration.ofSeconds(30), null);
    await(member.redis()::isUp);
    return member;
  }

  /** Calls one after the other on four threads, each admitted whatever happens meanwhile. */
  private void traffic(Member by, Ill ill) throws Exception {
    var going = new AtomicBoolean(true);
    List<Throwable> thrown = new ArrayList<>();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      threads.add(
          Thread.ofPlatform()
              .uncaughtExceptionHandler((_, e) -> {
                synchronized (thrown) {
                  thrown.add(e);
                }
              })
              .start(() -> {
                while (going.get()) {
                  call(by);
                }
              }));
    }
    try {
      await(() -> admitted.sum() > 50);
      ill.makeAndCure();
      long before = admitted.sum();
      await(() -> admitted.sum() > before + 50);
    } finally {
      going.set(false);
      for (Thread thread : threads) {
        thread.join();
      }
    }
    assertThat(thrown).isEmpty();
  }

  private void call(Member by) {
    Admission admission = by.reserve(caller, Given.demand(1, 1), MICRO_USD);
    assertThat(admission).isInstanceOf(Reservation.class);
    admitted.increment();
    if (admission instanceof Held) {
      alone.increment();
      java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
    }
    ((Reservation) admission).settle(new Usage(1, 0, 1, true), MICRO_USD);
  }

  /** Every call counts in the store once, whoever admitted it, and no slot is missing. */
  private void assertAllIsTold(Store store, Member by, long fromMicros) {
    by.told();
    long all = admitted.sum() * REQUEST_MICROS;
    await(() -> {
      long elapsed = store.number("key:paid:paid", "at") - fromMicros;
      return store.leases("key:paid:paid") == 0
          && store.number("key:paid:paid", "r") >= Math.max(0, all - elapsed);
    });
    assertThat(store.number("key:paid:paid", "r")).isLessThanOrEqualTo(all);
    long money = admitted.sum() * MICRO_USD;
    await(() -> store.number("tenant:paid:paid", "mp") == money);
    assertThat(store.number("tenant:paid:paid", "mh")).isZero();
  }
}
