package io.penstock.gateway.admit;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.penstock.config.Limits;
import io.penstock.config.Pool;
import io.penstock.config.Tier;
import io.penstock.gateway.call.Admission;
import io.penstock.gateway.call.Caller;
import io.penstock.gateway.call.Demand;
import io.penstock.gateway.call.Refusal;
import io.penstock.gateway.call.Reservation;
import io.penstock.gateway.call.Usage;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What holds whatever 64 threads do at once. The clock stands still while they work and turns
 * between rounds, so that a window is a run of rounds and the bounds are exact.
 */
final class AdmitLawTest {
  private static final int THREADS = 64;
  private static final int ROUNDS = 150;
  private static final int ACTIONS = 12;
  private static final long TOKENS = 20_000;
  private static final long REQUESTS = 200;
  private static final int SLOTS = 40;
  private static final long BUDGET_MICRO_USD = 30_000_000;
  private static final Duration WINDOW = Duration.ofSeconds(10);

  private final Tier tier =
      Given.tier(
          "paid",
          new Limits(Given.per(REQUESTS, WINDOW), Given.per(TOKENS, WINDOW), SLOTS),
          Given.per(BUDGET_MICRO_USD / 1e6, Duration.ofDays(30)));
  private final Pool pool =
      Given.pool(new Limits(Optional.empty(), Given.per(TOKENS * 3 / 2, WINDOW), 0));
  private final List<Caller> callers =
      List.of(Given.caller("a", tier, "acme"), Given.caller("b", tier, "acme"));

  private volatile long nanos = 1;
  private final Admit admit =
      new Admit(
          Given.config(
              callers.stream().map(one -> Given.key(one.keyId(), tier, "acme")).toList(),
              List.of(pool),
              tier),
          new SimpleMeterRegistry(),
          () -> nanos,
          () -> Instant.EPOCH);

  /** What happened to one key in each round. */
  private final class Ledger {
    final LongAdder[] requests = adders();
    final LongAdder[] tokens = adders();

    /** Used beyond the reservation: debt, which the bucket may be short of later. */
    final LongAdder underestimated = new LongAdder();

    private LongAdder[] adders() {
      LongAdder[] adders = new LongAdder[ROUNDS];
      for (int i = 0; i < ROUNDS; i++) {
        adders[i] = new LongAdder();
      }
      return adders;
    }
  }

  private record Open(int key, int asked, long maxMicroUsd, Reservation reservation) {}

  private final List<Ledger> ledgers = List.of(new Ledger(), new Ledger());
  private final LongAdder spentMicroUsd = new LongAdder();
  private final LongAdder overspentMicroUsd = new LongAdder();
  private final LongAdder refused = new LongAdder();

  @Test
  @Timeout(value = 120, unit = TimeUnit.SECONDS)
  void everything_byManyThreadsAtOnce_keepsEveryBound() throws Exception {
    long[] timeOfRound = new long[ROUNDS];
    int[] round = {0};
    var turns = new SplittableRandom(5);
    timeOfRound[0] = nanos;
    var barrier =
        new CyclicBarrier(
            THREADS,
            () -> {
              assertThat(admit.outstanding()).isLessThanOrEqualTo(2L * SLOTS);
              if (++round[0] < ROUNDS) {
                // Mostly forward by parts of a window, sometimes not at all.
                nanos += turns.nextInt(4) == 0 ? 0 : turns.nextLong(WINDOW.toNanos() / 5);
                timeOfRound[round[0]] = nanos;
              }
            });
    List<Thread> threads = new ArrayList<>();
    List<Throwable> thrown = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      long seed = i;
      threads.add(
          Thread.ofPlatform()
              .uncaughtExceptionHandler((_, e) -> {
                synchronized (thrown) {
                  thrown.add(e);
                }
              })
              .start(() -> work(new SplittableRandom(seed), barrier)));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(thrown).isEmpty();
    assertThat(refused.sum()).isPositive();
    ledgers.forEach(ledger -> assertWindows(ledger, timeOfRound));
    assertPoolWindows(timeOfRound);
    assertEnd(timeOfRound);
  }

  private void work(SplittableRandom random, CyclicBarrier barrier) {
    List<Open> open = new ArrayList<>();
    for (int round = 0; round < ROUNDS; round++) {
      for (int i = 0; i < ACTIONS; i++) {
        if (open.isEmpty() || random.nextInt(3) == 0) {
          reserve(random, round, open);
        } else {
          end(random, round, open.remove(random.nextInt(open.size())));
        }
      }
      if (round == ROUNDS - 1) {
        for (Open one : open) {
          end(random, round, one);
        }
      }
      try {
        barrier.await();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private void reserve(SplittableRandom random, int round, List<Open> open) {
    int key = random.nextInt(2);
    Demand demand = Given.demand(random.nextInt(1, 200), random.nextInt(300));
    int asked = demand.promptTokens() + demand.completionExpected();
    long worst = random.nextLong(20_000);
    Admission answer = admit.reserve(callers.get(key), pool, demand, worst).result();
    switch (answer) {
      case Reservation reservation -> {
        ledgers.get(key).requests[round].increment();
        ledgers.get(key).tokens[round].add(asked);
        open.add(new Open(key, asked, worst, reservation));
      }
      case Refusal.RateLimited no -> {
        assertThat(no.retryAfter()).isPositive();
        refused.increment();
      }
      case Refusal.BudgetSpent _ -> refused.increment();
      case Refusal other -> throw new IllegalStateException("unexpected " + other);
    }
  }

  private void end(SplittableRandom random, int round, Open one) {
    Ledger ledger = ledgers.get(one.key);
    if (random.nextInt(4) == 0) {
      ledger.requests[round].decrement();
      ledger.tokens[round].add(-one.asked);
      one.reservation.release();
      return;
    }
    boolean under = random.nextInt(8) == 0;
    int used = under ? one.asked + random.nextInt(100) : random.nextInt(one.asked + 1);
    long cost = under ? one.maxMicroUsd + 500 : random.nextLong(one.maxMicroUsd + 1);
    ledger.tokens[round].add(Math.min(0, used - one.asked));
    ledger.underestimated.add(Math.max(0, used - one.asked));
    spentMicroUsd.add(cost);
    overspentMicroUsd.add(Math.max(0, cost - one.maxMicroUsd));
    one.reservation.settle(new Usage(0, 0, used, true), cost);
  }

  private static void assertWindows(Ledger ledger, long[] timeOfRound) {
    assertEveryWindow(ledger.requests, null, timeOfRound, REQUESTS);
    assertEveryWindow(ledger.tokens, null, timeOfRound, TOKENS);
  }

  private void assertPoolWindows(long[] timeOfRound) {
    assertEveryWindow(ledgers.get(0).tokens, ledgers.get(1).tokens, timeOfRound, TOKENS * 3 / 2);
  }

  /** Taken less given back, between any two rounds, is at most the capacity and what flowed in. */
  private static void assertEveryWindow(
      LongAdder[] net, LongAdder[] alsoNet, long[] timeOfRound, long capacity) {
    double perNano = (double) capacity / WINDOW.toNanos();
    for (int from = 0; from < ROUNDS; from++) {
      long sum = 0;
      for (int to = from; to < ROUNDS; to++) {
        sum += net[to].sum() + (alsoNet == null ? 0 : alsoNet[to].sum());
        double flowedIn = (timeOfRound[to] - timeOfRound[from]) * perNano;
        assertThat((double) sum)
            .as("rounds %s to %s", from, to)
            .isLessThanOrEqualTo(capacity + flowedIn + 1e-3);
      }
    }
  }

  private void assertEnd(long[] timeOfRound) {
    assertThat(admit.outstanding()).isZero();
    Budget.Spent money = moneyOfAcme();
    assertThat(money.heldMicroUsd()).isZero();
    assertThat(money.spentMicroUsd()).isEqualTo(spentMicroUsd.sum());
    assertThat(money.spentMicroUsd())
        .isLessThanOrEqualTo(BUDGET_MICRO_USD + overspentMicroUsd.sum());
    // With every slot back, a whole bucket and all slots can be had again.
    nanos += 3 * WINDOW.toNanos() + debtNanos();
    for (Caller caller : callers) {
      var state = admit.peek(caller);
      assertThat(state.requestsRemaining()).isEqualTo(REQUESTS);
      assertThat(state.tokensRemaining()).isEqualTo(TOKENS);
      assertThat(state.tokensResetNanos()).isZero();
    }
    assertThat(timeOfRound[ROUNDS - 1]).isPositive();
  }

  private Budget.Spent moneyOfAcme() {
    var money = admit.money("paid").get("acme");
    return new Budget.Spent(
        money.limitMicroUsd(),
        Duration.ZERO,
        0,
        money.endMillis(),
        money.spentMicroUsd(),
        money.heldMicroUsd());
  }

  private long debtNanos() {
    long debt = ledgers.stream().mapToLong(ledger -> ledger.underestimated.sum()).max().orElse(0);
    return debt * (WINDOW.toNanos() / TOKENS);
  }

  /**
   * While the clock stands still nothing flows in, so the bucket must equal the sum of its calls.
   */
  @Test
  @Timeout(value = 120, unit = TimeUnit.SECONDS)
  void bucket_afterManyThreads_equalsItsArithmetic() throws Exception {
    var used = new LongAdder();
    var requests = new LongAdder();
    List<Thread> threads = new ArrayList<>();
    Tier wide =
        Given.tier("wide", new Limits(Given.per(1e6, WINDOW), Given.per(1e9, WINDOW), SLOTS));
    Admit standing =
        new Admit(Given.config(wide), new SimpleMeterRegistry(), () -> nanos, () -> Instant.EPOCH);
    for (int i = 0; i < THREADS; i++) {
      long seed = 100 + i;
      threads.add(
          Thread.ofPlatform()
              .start(() -> {
                var random = new SplittableRandom(seed);
                for (int call = 0; call < 500; call++) {
                  if (standing
                          .reserve(
                              Given.caller(wide),
                              Given.demand(random.nextInt(500), random.nextInt(500)))
                          .result()
                      instanceof Reservation reservation) {
                    if (random.nextBoolean()) {
                      reservation.release();
                    } else {
                      int tokens = random.nextInt(1500);
                      reservation.settle(new Usage(tokens, 0, 0, true));
                      used.add(tokens);
                      requests.increment();
                    }
                  }
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    var state = standing.peek(Given.caller(wide));
    assertThat(requests.sum()).isGreaterThan(1000);
    assertThat(state.requestsRemaining()).isEqualTo(1_000_000 - requests.sum());
    assertThat(state.tokensRemaining()).isEqualTo(1_000_000_000 - used.sum());
    assertThat(state.tokensResetNanos()).isEqualTo(10 * used.sum());
    assertThat(standing.outstanding()).isZero();
    for (int i = 0; i < SLOTS; i++) {
      assertThat(standing.reserve(Given.caller(wide), Given.demand(1, 1)).result())
          .isInstanceOf(Reservation.class);
    }
    assertThat(standing.reserve(Given.caller(wide), Given.demand(1, 1)).result())
        .isInstanceOf(Refusal.RateLimited.class);
  }
}
