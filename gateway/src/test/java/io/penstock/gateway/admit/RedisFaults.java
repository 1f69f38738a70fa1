package io.penstock.gateway.admit;

import static io.penstock.gateway.testing.TestBed.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.penstock.config.Limits;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Tier;
import io.penstock.gateway.Gateway;
import io.penstock.gateway.call.Admission;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Reservation;
import io.penstock.gateway.call.Usage;
import io.penstock.gateway.testing.Proxy;
import io.penstock.gateway.testing.RedisServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * What admission costs a request while Redis is well, and while it is ill in each way: run by hand
 * (loadtest/bench/redis-faults.sh), the figures are in docs/operations.md. Calls in flight: so
 * many, each reserving, settling and beginning again, over a proxy where the fault is the
 * network's.
 */
final class RedisFaults {
  private static final int IN_FLIGHT = 64;
  private static final int PACED_MILLIS = 10;

  /** More samples than any row has; one array for all rows, so that no collector moves it about. */
  private static final int[] MICROS = new int[2_000_000];

  private static final Duration TIMEOUT = Duration.ofMillis(20);
  private static final Tier TIER =
      Given.tier(
          "paid",
          new Limits(
              Given.per(1e9, Duration.ofHours(1)), Given.per(1e12, Duration.ofHours(1)), 5000),
          Given.per(1e6, Duration.ofDays(30)));
  private static final PenstockConfig CONFIG = Given.config(TIER);
  private static final Caller CALLER = Given.caller(TIER);
  private static final Demand DEMAND = Given.demand(120, 190);
  private static final Usage USAGE = new Usage(118, 0, 201, true);

  private interface Fault {
    void happen() throws Exception;
  }

  private RedisFaults() {}

  public static void main(String[] args) throws Exception {
    System.out.println(
        "| Redis | admissions/s | p50, ms | p99, ms | p99.99, ms | longest, ms | over 20 ms"
            + " | beyond a timer, ms | decided alone | refused |");
    System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    unlimited();
    try (var server = RedisServer.start();
        var proxy = Proxy.to(server.port());
        var direct = member(server.url());
        var proxied = member("redis://127.0.0.1:" + proxy.port())) {
      Side straight = Side.of(direct);
      Side over = Side.of(proxied);
      warmUp(straight);
      warmUp(over);
      try (var patient = Member.of(CONFIG, server.url())) {
        await(patient.redis()::isUp);
        cost(patient);
        run("well, as fast as it goes, time-out 20 s", Side.of(patient), 0, () -> pause(5));
      }
      run("well", straight, PACED_MILLIS, () -> pause(5));
      run("well, through a proxy", over, PACED_MILLIS, () -> pause(5));
      run(
          "SIGSTOP for 5 s",
          straight,
          PACED_MILLIS,
          () -> {
            server.freeze();
            pause(5);
            server.thaw();
            await(direct.redis()::isUp);
          });
      run(
          "killed, started again after 3 s",
          straight,
          PACED_MILLIS,
          () -> {
            server.kill();
            pause(3);
            server.restart();
            await(direct.redis()::isUp);
          });
      await(proxied.redis()::isUp);
      run(
          "network cut for 5 s",
          over,
          PACED_MILLIS,
          () -> {
            proxy.cut();
            pause(5);
            proxy.mend();
            await(proxied.redis()::isUp);
          });
      run(
          "slow: 50 ms each way, 5 s",
          over,
          PACED_MILLIS,
          () -> {
            proxy.delay(50);
            pause(5);
            proxy.delay(0);
            await(proxied.redis()::isUp);
          });
      run(
          "SCRIPT FLUSH ten times a second",
          straight,
          PACED_MILLIS,
          () -> {
            for (int i = 0; i < 50; i++) {
              server.command("SCRIPT", "FLUSH");
              LockSupport.parkNanos(100_000_000);
            }
          });
    }
    failover();
  }

  /** The same without a store: what is above it in the other rows, Redis has added. */
  private static void unlimited() throws Exception {
    Vertx vertx = Gateway.vertx(2);
    Side by = new Side(vertx, new Admit(CONFIG, new SimpleMeterRegistry()));
    warmUp(by);
    run("none: limits of this process", by, PACED_MILLIS, () -> pause(5));
    Member.get(vertx.close());
  }

  /** A sentinel promotes the replica of a master that was killed. */
  private static void failover() throws Exception {
    try (var master = RedisServer.start();
        var replica = RedisServer.start("--replicaof", "127.0.0.1", String.valueOf(master.port()));
        var sentinel = RedisServer.startSentinel(master.port())) {
      await(() -> says(replica, "master_link_status:up") && says(sentinel, "slaves=1"));
      try (var one = member("redis-sentinel://127.0.0.1:" + sentinel.port() + "/0#main")) {
        run(
            "master killed, Sentinel promotes",
            Side.of(one),
            PACED_MILLIS,
            () -> {
              pause(1);
              master.kill();
              await(() -> !one.redis().isUp());
              await(one.redis()::isUp);
              pause(1);
            });
      }
    }
  }

  private static boolean says(RedisServer server, String text) {
    try {
      return server.command("INFO").contains(text);
    } catch (java.io.IOException gone) {
      return false;
    }
  }

  private static Member member(String url) {
    Member member = Member.of(CONFIG, url, TIMEOUT, Duration.ofSeconds(30), null);
    await(member.redis()::isUp);
    return member;
  }

  private static void pause(int seconds) {
    LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(seconds));
  }

  /** What one call costs this process: CPU of all its threads, and round trips. */
  private static void cost(Member by) throws Exception {
    var os =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    double trips = trips(by);
    long cpu = os.getProcessCpuTime();
    Load load = new Load(Side.of(by), 0);
    load.during(() -> pause(5));
    System.out.printf(
        Locale.ROOT,
        "(each call: %.2f round trips, %.1f us of the gateway's CPU)%n",
        (trips(by) - trips) / load.size(),
        (os.getProcessCpuTime() - cpu) / 1e3 / load.size());
  }

  private static double trips(Member by) {
    return by.meters().get("penstock.store.calls").tag("result", "answered").counter().count();
  }

  /** Until the code is compiled; what it costs before is a start's, not a fault's. */
  private static void warmUp(Side by) throws Exception {
    new Load(by, 0).during(() -> pause(5));
    new Load(by, PACED_MILLIS).during(() -> pause(1));
  }

  private static void run(String what, Side by, int pacedMillis, Fault fault) throws Exception {
    Load load = new Load(by, pacedMillis);
    long start = System.nanoTime();
    load.during(fault);
    load.print(what, (System.nanoTime() - start) / 1e9);
  }

  /** What admits, and on whose loops. */
  private record Side(Vertx vertx, Admit admit) {
    static Side of(Member member) {
      return new Side(member.vertx(), member.admit());
    }
  }

  /** Calls in flight on the loops of one gateway. */
  private static final class Load {
    private final Side by;
    private final int pacedMillis;
    private final AtomicBoolean going = new AtomicBoolean(true);
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger alone = new AtomicInteger();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicInteger count = new AtomicInteger();

    /** How much longer one waited than a timer of the time-out, set on its loop as it began. */
    private final AtomicLong beyondNanos = new AtomicLong();

    Load(Side by, int pacedMillis) {
      this.by = by;
      this.pacedMillis = pacedMillis;
    }

    void during(Fault fault) throws Exception {
      for (int i = 0; i < IN_FLIGHT; i++) {
        running.incrementAndGet();
        ((VertxInternal) by.vertx).createEventLoopContext().runOnContext(_ -> call());
      }
      fault.happen();
      going.set(false);
      await(() -> running.get() == 0);
    }

    private void call() {
      if (!going.get()) {
        running.decrementAndGet();
        return;
      }
      long start = System.nanoTime();
      Future<Admission> answer = by.admit.reserve(CALLER, DEMAND, 480);
      if (!answer.isComplete()) {
        compare(answer);
      }
      answer.onComplete(done -> {
        MICROS[count.getAndIncrement() % MICROS.length] =
            (int) ((System.nanoTime() - start) / 1000);
        end(done.result());
        if (pacedMillis > 0) {
          by.vertx.setTimer(pacedMillis, _ -> call());
        } else {
          Vertx.currentContext().runOnContext(_ -> call());
        }
      });
    }

    private void compare(Future<Admission> answer) {
      var _ =
          ((ContextInternal) Vertx.currentContext())
              .nettyEventLoop()
              .schedule(() -> fired(answer), TIMEOUT.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void fired(Future<Admission> answer) {
      if (!answer.isComplete()) {
        long fired = System.nanoTime();
        answer.onComplete(_ -> beyondNanos.accumulateAndGet(System.nanoTime() - fired, Math::max));
      }
    }

    private void end(Admission admission) {
      switch (admission) {
        case Held held -> {
          alone.incrementAndGet();
          held.settle(USAGE, 190);
        }
        case Reservation granted -> granted.settle(USAGE, 190);
        default -> refused.incrementAndGet();
      }
    }

    int size() {
      return count.get();
    }

    void print(String what, double seconds) {
      int[] sorted = Arrays.copyOf(MICROS, size());
      Arrays.sort(sorted);
      System.out.printf(
          Locale.ROOT,
          "| %s | %.0f | %.2f | %.2f | %.1f | %.1f | %d | %.1f | %.0f %% | %d |%n",
          what,
          size() / seconds,
          sorted[size() / 2] / 1e3,
          sorted[size() * 99 / 100] / 1e3,
          sorted[(int) (size() * 9999L / 10_000)] / 1e3,
          sorted[size() - 1] / 1e3,
          Arrays.stream(sorted).filter(one -> one > TIMEOUT.toNanos() / 1000).count(),
          beyondNanos.get() / 1e6,
          100.0 * alone.get() / size(),
          refused.get());
    }
  }
}
