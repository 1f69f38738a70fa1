package io.penstock.gateway.admit;

import static io.penstock.gateway.testing.TestBed.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.Limits;
import io.penstock.config.PenstockConfig;
import io.penstock.config.Tier;
import io.penstock.gateway.call.Admission;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Refusal;
import io.penstock.gateway.call.Reservation;
import io.penstock.gateway.call.Usage;
import io.penstock.gateway.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What holds whatever 64 threads do through three gateways on one Redis: estimates that are wrong
 * both ways, calls that come to nothing, calls whose client left in the middle.
 */
final class FleetLawTest {
  private static final int THREADS = 64;
  private static final int ACTIONS = 120;
  private static final long REQUESTS = 2_000;
  private static final long TOKENS = 400_000;
  private static final int SLOTS = 30;
  private static final long BUDGET_MICRO_USD = 20_000_000;
  private static final Duration WINDOW = Duration.ofHours(1);
  private static final long TOKEN_MICROS = WINDOW.toNanos() / 1000 / TOKENS;
  private static final long REQUEST_MICROS = WINDOW.toNanos() / 1000 / REQUESTS;

  private final Tier tier =
      Given.tier(
          "paid",
          new Limits(Given.per(REQUESTS, WINDOW), Given.per(TOKENS, WINDOW), SLOTS),
          Given.per(BUDGET_MICRO_USD / 1e6, Duration.ofDays(30)));
  private final Caller caller = Given.caller(tier);
  private final PenstockConfig config = Given.config(tier);

  private final LongAdder keptRequests = new LongAdder();
  private final LongAdder usedTokens = new LongAdder();
  private final LongAdder underestimated = new LongAdder();
  private final LongAdder spentMicroUsd = new LongAdder();
  private final LongAdder overspentMicroUsd = new LongAdder();
  private final LongAdder refused = new LongAdder();

  /** Tokens taken (above 0) or given back, between two moments of the test's own clock. */
  private record Event(long tokens, long fromNanos, long toNanos) {}

  private final ConcurrentLinkedQueue<Event> events = new ConcurrentLinkedQueue<>();

  private record Open(int asked, long maxMicroUsd, Reservation reservation) {}

  @Test
  @Timeout(value = 240, unit = TimeUnit.SECONDS)
  void everything_throughThreeGateways_keepsEveryBound() throws Exception {
    try (var server = RedisServer.start();
        var one = Member.of(config, server.url());
        var two = Member.of(config, server.url());
        var three = Member.of(config, server.url())) {
      Store store = new Store(server);
      List<Member> members = List.of(one, two, three);
      await(() -> members.stream().allMatch(member -> member.redis().isUp()));
      List<Throwable> thrown = new ArrayList<>();
      List<Thread> threads = new ArrayList<>();
      long startedMicros = store.micros();
      for (int i = 0; i < THREADS; i++) {
        Member member = members.get(i % 3);
        var random = new SplittableRandom(i);
        threads.add(
            Thread.ofPlatform()
                .uncaughtExceptionHandler((_, e) -> {
                  synchronized (thrown) {
                    thrown.add(e);
                  }
                })
                .start(() -> work(member, random)));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      assertThat(thrown).isEmpty();
      assertThat(refused.sum()).isPositive();
      assertThat(keptRequests.sum()).isPositive();
      assertEveryWindow();
      assertEnd(store, members, startedMicros);
    }
  }

  private void work(Member member, SplittableRandom random) {
    List<Open> open = new ArrayList<>();
    for (int i = 0; i < ACTIONS; i++) {
      if (open.isEmpty() || random.nextInt(5) < 2) {
        reserve(member, random, open);
      } else {
        end(random, open.remove(random.nextInt(open.size())));
      }
    }
    open.forEach(one -> end(random, one));
  }

  private void reserve(Member member, SplittableRandom random, List<Open> open) {
    int prompt = random.nextInt(1, 300);
    int completion = random.nextInt(300);
    long worst = random.nextLong(40_000);
    long before = System.nanoTime();
    Admission answer = member.reserve(caller, Given.demand(prompt, completion), worst);
    switch (answer) {
      case Grant grant -> {
        events.add(new Event(prompt + completion, before, System.nanoTime()));
        open.add(new Open(prompt + completion, worst, grant));
      }
      case Reservation other -> throw new IllegalStateException("decided without Redis: " + other);
      case Refusal.RateLimited no -> {
        assertThat(no.retryAfter()).isPositive();
        refused.increment();
      }
      case Refusal.BudgetSpent _ -> refused.increment();
      case Refusal other -> throw new IllegalStateException("unexpected " + other);
    }
  }

  private void end(SplittableRandom random, Open one) {
    int how = random.nextInt(8);
    long used = how == 0 ? one.asked + random.nextInt(200) : random.nextInt(one.asked + 1);
    if (how == 1) {
      events.add(new Event(-one.asked, System.nanoTime(), Long.MAX_VALUE));
      one.reservation.release();
      return;
    }
    long cost = how == 0 ? one.maxMicroUsd + 100 : random.nextLong(one.maxMicroUsd + 1);
    events.add(new Event(Math.min(0, used - one.asked), System.nanoTime(), Long.MAX_VALUE));
    underestimated.add(Math.max(0, used - one.asked));
    keptRequests.increment();
    usedTokens.add(used);
    spentMicroUsd.add(cost);
    overspentMicroUsd.add(Math.max(0, cost - one.maxMicroUsd));
    one.reservation.settle(new Usage(0, 0, (int) used, true), cost);
  }

  /**
   * Between any two moments: what was surely taken in them, less all that may have been given back,
   * is at most what a full bucket holds and what flowed in.
   */
  private void assertEveryWindow() {
    List<Event> all = List.copyOf(events);
    long first = all.stream().mapToLong(Event::fromNanos).min().orElseThrow();
    long last = all.stream().mapToLong(Event::fromNanos).max().orElseThrow();
    int steps = 40;
    for (int i = 0; i < steps; i++) {
      long from = first + (last - first) * i / steps;
      for (int j = i + 1; j <= steps; j++) {
        long to = first + (last - first) * j / steps;
        long net = 0;
        for (Event event : all) {
          boolean taken = event.tokens > 0 && event.fromNanos >= from && event.toNanos <= to;
          // A settlement is on its way for a moment; one from before may take effect within.
          boolean back = event.tokens < 0 && event.fromNanos <= to;
          net += taken || back ? event.tokens : 0;
        }
        double flowedIn = (double) TOKENS * (to - from) / WINDOW.toNanos();
        assertThat((double) net).isLessThanOrEqualTo(TOKENS + flowedIn + 1);
      }
    }
  }

  private void assertEnd(Store store, List<Member> members, long startedMicros) {
    members.forEach(Member::told);
    await(() -> store.leases("key:paid:paid") == 0 && store.leases("tenant:paid:paid") == 0);
    members.forEach(member -> assertThat(member.admit().outstanding()).isZero());
    assertThat(store.gone("key:paid:paid")).isZero();
    assertThat(store.number("tenant:paid:paid", "mh")).isZero();
    assertThat(store.number("tenant:paid:paid", "mp")).isEqualTo(spentMicroUsd.sum());
    assertThat(spentMicroUsd.sum()).isLessThanOrEqualTo(BUDGET_MICRO_USD + overspentMicroUsd.sum());
    long elapsed = store.number("key:paid:paid", "at") - startedMicros;
    assertBucket(store, "r", keptRequests.sum() * REQUEST_MICROS, elapsed);
    assertBucket(store, "t", usedTokens.sum() * TOKEN_MICROS, elapsed);
  }

  /** Time alone has refilled it, and never more of it than has passed. */
  private static void assertBucket(Store store, String bucket, long taken, long elapsedMicros) {
    assertThat(store.number("key:paid:paid", bucket))
        .isBetween(Math.max(0, taken - elapsedMicros), taken);
  }
}
