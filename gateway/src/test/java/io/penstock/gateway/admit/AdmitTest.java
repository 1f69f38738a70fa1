package io.penstock.gateway.admit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.penstock.config.Limits;
import io.penstock.config.PenstockConfig;
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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class AdmitTest {
  private static final long SECOND = 1_000_000_000L;
  private static final Tier FREE =
      Given.tier("free", new Limits(Given.perMinute(6), Given.perMinute(6000), 3));

  private long nanos = 42;
  private Instant wall = Instant.parse("2026-11-21T10:00:00Z");

  /** What runs in the middle of a decision: at its readings of the wall clock. */
  private final Deque<Runnable> meanwhile = new ArrayDeque<>();

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  private Admit admit(PenstockConfig config) {
    return new Admit(config, meters, () -> nanos, this::instant);
  }

  private Instant instant() {
    Runnable next = meanwhile.poll();
    if (next != null) {
      next.run();
    }
    return wall;
  }

  private static Admission ask(Admit admit, Caller caller, Demand demand) {
    return ask(admit, caller, demand, 0);
  }

  private static Admission ask(Admit admit, Caller caller, Demand demand, long maxMicroUsd) {
    return admit.reserve(caller, demand, maxMicroUsd).result();
  }

  private static Reservation reserved(Admission admission) {
    assertThat(admission).isInstanceOf(Reservation.class);
    return (Reservation) admission;
  }

  private static Usage used(int prompt, int completion) {
    return new Usage(prompt, 0, completion, true);
  }

  private double decisions(String limit, String decision) {
    return meters
        .get("penstock.ratelimit.decisions")
        .tags("tier", "free", "limit", limit, "decision", decision)
        .counter()
        .count();
  }

  @Test
  void reserve_withinTheLimits_saysWhatIsLeftAndWhenItIsFull() {
    Admit admit = admit(Given.config(FREE));
    var state = reserved(ask(admit, Given.caller(FREE), Given.demand(100, 500))).state();
    assertThat(state.requestsLimit()).isEqualTo(6);
    assertThat(state.requestsRemaining()).isEqualTo(5);
    assertThat(state.requestsResetNanos()).isEqualTo(10 * SECOND);
    assertThat(state.tokensLimit()).isEqualTo(6000);
    assertThat(state.tokensRemaining()).isEqualTo(5400);
    assertThat(state.tokensResetNanos()).isEqualTo(6 * SECOND);
    assertThat(decisions("none", "admitted")).isEqualTo(1);
  }

  @Test
  void reserve_beyondTheRequests_saysHowLongToWait() {
    Admit admit = admit(Given.config(FREE));
    for (int i = 0; i < 6; i++) {
      reserved(ask(admit, Given.caller(FREE), Given.demand(1, 1))).settle(used(1, 1));
    }
    nanos += 4 * SECOND;
    assertThat(ask(admit, Given.caller(FREE), Given.demand(1, 1)))
        .asInstanceOf(type(Refusal.RateLimited.class))
        .satisfies(no -> {
          assertThat(no.limit()).isEqualTo("requests");
          assertThat(no.retryAfter()).isEqualTo(Duration.ofSeconds(6));
          assertThat(no.state().requestsRemaining()).isZero();
          assertThat(no.message())
              .isEqualTo(
                  "Rate limit reached for your key (tier free) on requests: limit 6 per 60s."
                      + " Please try again in 6s.");
        });
    nanos += 6 * SECOND;
    reserved(ask(admit, Given.caller(FREE), Given.demand(1, 1)));
    assertThat(decisions("requests", "refused")).isEqualTo(1);
  }

  @Test
  void reserve_whenSeveralLimitsStandAgainstIt_namesTheOneThatLastsLongest() {
    Tier tier = Given.tier("free", new Limits(Given.perMinute(2), Given.perMinute(6000), 0));
    Admit admit = admit(Given.config(tier));
    reserved(ask(admit, Given.caller(tier), Given.demand(10, 10)));
    reserved(ask(admit, Given.caller(tier), Given.demand(5000, 900)));
    assertThat(ask(admit, Given.caller(tier), Given.demand(5000, 0)))
        .asInstanceOf(type(Refusal.RateLimited.class))
        .satisfies(no -> {
          assertThat(no.limit()).isEqualTo("tokens");
          assertThat(no.retryAfter()).isEqualTo(Duration.ofMillis(49_200));
        });
  }

  @Test
  void reserve_refused_takesNothingFromAnyLimit() {
    Admit admit = admit(Given.config(FREE));
    var one = reserved(ask(admit, Given.caller(FREE), Given.demand(5000, 900)));
    var before = admit.peek(Given.caller(FREE));
    for (int i = 0; i < 50; i++) {
      assertThat(ask(admit, Given.caller(FREE), Given.demand(200, 0)))
          .isInstanceOf(Refusal.RateLimited.class);
    }
    assertThat(admit.peek(Given.caller(FREE))).isEqualTo(before);
    one.release();
    assertThat(admit.peek(Given.caller(FREE)).requestsRemaining()).isEqualTo(6);
    assertThat(admit.peek(Given.caller(FREE)).tokensResetNanos()).isZero();
  }

  @Test
  void reserve_beyondTheSlots_isRefusedUntilOneEnds() {
    Admit admit = admit(Given.config(FREE));
    List<Reservation> held = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      held.add(reserved(ask(admit, Given.caller(FREE), Given.demand(1, 1))));
    }
    assertThat(ask(admit, Given.caller(FREE), Given.demand(1, 1)))
        .asInstanceOf(type(Refusal.RateLimited.class))
        .satisfies(no -> {
          assertThat(no.limit()).isEqualTo("concurrency");
          assertThat(no.retryAfter()).isPositive();
          assertThat(no.message()).contains("limit 3 at once");
        });
    held.getFirst().settle(Usage.NONE);
    reserved(ask(admit, Given.caller(FREE), Given.demand(1, 1)));
    assertThat(admit.outstanding()).isEqualTo(3);
  }

  @Test
  void reserve_thatCanNeverFit_isABadRequestAndNotAWait() {
    Admit admit = admit(Given.config(FREE));
    assertThat(ask(admit, Given.caller(FREE), Given.demand(1000, 5001)))
        .asInstanceOf(type(Refusal.BadRequest.class))
        .satisfies(no -> {
          assertThat(no.code()).isEqualTo("request_exceeds_limit");
          assertThat(no.param()).isEqualTo("max_tokens");
          assertThat(no.message()).contains("limit 6000").contains("6001");
        });
    assertThat(ask(admit, Given.caller(FREE), Given.demand(6001, 1)))
        .asInstanceOf(type(Refusal.BadRequest.class))
        .satisfies(no -> assertThat(no.param()).isNull());
    reserved(ask(admit, Given.caller(FREE), Given.demand(1000, 5000)));
    assertThat(decisions("tokens", "too_large")).isEqualTo(2);
  }

  @Test
  void settle_withMoreThanReserved_makesTheNextOneWait() {
    Admit admit = admit(Given.config(FREE));
    reserved(ask(admit, Given.caller(FREE), Given.demand(100, 100))).settle(used(100, 7900));
    assertThat(admit.peek(Given.caller(FREE)).tokensRemaining()).isZero();
    assertThat(ask(admit, Given.caller(FREE), Given.demand(100, 0)))
        .asInstanceOf(type(Refusal.RateLimited.class))
        .satisfies(no -> assertThat(no.retryAfter()).isEqualTo(Duration.ofSeconds(21)));
  }

  @Test
  void reservation_endedTwice_throwsAndGivesNothingBackAgain() {
    Admit admit = admit(Given.config(FREE));
    var one = reserved(ask(admit, Given.caller(FREE), Given.demand(100, 100)));
    one.settle(used(50, 50));
    assertThatIllegalStateException().isThrownBy(one::release);
    assertThatIllegalStateException().isThrownBy(() -> one.settle(Usage.NONE));
    assertThat(admit.peek(Given.caller(FREE)).tokensRemaining()).isEqualTo(5900);
    assertThat(admit.outstanding()).isZero();
  }

  @Test
  void reservation_forgotten_isSeenOnTheGauge() {
    Admit admit = admit(Given.config(FREE));
    reserved(ask(admit, Given.caller(FREE), Given.demand(100, 100)));
    assertThat(meters.get("penstock.reservations.outstanding").gauge().value()).isEqualTo(1);
  }

  @Test
  void wouldAdmit_saysTheSameAsReserve_andTakesNothing() {
    Admit admit = admit(Given.config(FREE));
    var imagined = reserved(admit.wouldAdmit(Given.caller(FREE), Given.demand(100, 500)));
    assertThat(admit.peek(Given.caller(FREE)).tokensRemaining()).isEqualTo(6000);
    assertThat(admit.outstanding()).isZero();
    imagined.release();
    assertThat(decisions("none", "admitted")).isZero();
    var real = reserved(ask(admit, Given.caller(FREE), Given.demand(100, 500)));
    assertThat(imagined.state()).isEqualTo(real.state());
    assertThat(admit.wouldAdmit(Given.caller(FREE), Given.demand(5500, 0)))
        .isEqualTo(ask(admit, Given.caller(FREE), Given.demand(5500, 0)));
  }

  @Test
  void keys_ofOneTier_haveLimitsOfTheirOwn() {
    var keys = List.of(Given.key("a", FREE, "acme"), Given.key("b", FREE, "acme"));
    Admit admit = admit(Given.config(keys, List.of(Given.pool(Limits.NONE)), FREE));
    reserved(ask(admit, Given.caller("a", FREE, "acme"), Given.demand(6000, 0)));
    reserved(ask(admit, Given.caller("b", FREE, "acme"), Given.demand(6000, 0)));
  }

  @Test
  void key_thatTheConfigDoesNotList_hasItsTiersLimitsToItself() {
    Admit admit = admit(Given.config(FREE));
    Caller guest = Given.caller("guest", FREE, "guest-tenant");
    reserved(ask(admit, guest, Given.demand(6000, 0)));
    reserved(ask(admit, Given.caller("other", FREE, "other"), Given.demand(6000, 0)));

    admit.reload(Given.config(FREE));

    assertThat(ask(admit, guest, Given.demand(6000, 0))).isInstanceOf(Refusal.RateLimited.class);
  }

  @Test
  void limits_thatAreAbsent_doNotLimit() {
    Tier open = Given.tier("open", Limits.NONE);
    Admit admit = admit(Given.config(open));
    var state = reserved(ask(admit, Given.caller(open), Given.demand(1 << 30, 1 << 30))).state();
    assertThat(state.requestsLimit()).isEqualTo(-1);
    assertThat(state.tokensLimit()).isEqualTo(-1);
  }

  @Test
  void pool_withLimits_limitsAllKeysTogether() {
    Tier open = Given.tier("open", Limits.NONE);
    Pool pool = Given.pool(new Limits(Given.perMinute(2), Optional.empty(), 0));
    var keys = List.of(Given.key("a", open, "a"), Given.key("b", open, "b"));
    Admit admit = admit(Given.config(keys, List.of(pool), open));
    Demand demand = Given.demand(1, 1);
    reserved(admit.reserve(Given.caller("a", open, "a"), pool, demand, 0).result());
    reserved(admit.reserve(Given.caller("b", open, "b"), pool, demand, 0).result()).release();
    reserved(admit.reserve(Given.caller("b", open, "b"), pool, demand, 0).result());
    assertThat(admit.reserve(Given.caller("a", open, "a"), pool, demand, 0).result())
        .asInstanceOf(type(Refusal.RateLimited.class))
        .satisfies(no -> assertThat(no.message()).contains("the pool 'small'"));
  }

  @Test
  void tenantsAndTiers_withLimits_limitTheirKeysTogether() {
    Tier team =
        Given.tier(
            "team",
            Limits.NONE,
            new Limits(Given.perMinute(2), Optional.empty(), 0),
            new Limits(Given.perMinute(3), Optional.empty(), 0));
    var keys =
        List.of(Given.key("a", team, "x"), Given.key("b", team, "x"), Given.key("c", team, "y"));
    Admit admit = admit(Given.config(keys, List.of(Given.pool(Limits.NONE)), team));
    Demand demand = Given.demand(1, 1);
    reserved(ask(admit, Given.caller("a", team, "x"), demand));
    reserved(ask(admit, Given.caller("b", team, "x"), demand));
    assertThat(ask(admit, Given.caller("a", team, "x"), demand))
        .asInstanceOf(type(Refusal.RateLimited.class))
        .satisfies(no -> assertThat(no.message()).contains("your tenant"));
    reserved(ask(admit, Given.caller("c", team, "y"), demand));
    assertThat(ask(admit, Given.caller("c", team, "y"), demand))
        .asInstanceOf(type(Refusal.RateLimited.class))
        .satisfies(no -> assertThat(no.message()).contains("the tier 'team'"));
  }

  @Test
  void fallback_chargesThePoolItFallsTo_andIsLeftOutWhenThatHasNoRoom() {
    Tier open = Given.tier("open", Limits.NONE);
    Pool pool = Given.pool(new Limits(Given.perMinute(2), Given.perMinute(100), 0));
    Admit admit = admit(Given.config(List.of(Given.key("a", open, "a")), List.of(pool), open));
    Demand demand = Given.demand(20, 20);
    for (int i = 0; i < 2; i++) {
      assertThat(admit.hasRoom(pool, demand)).isTrue();
      admit.fellBack(pool, demand);
    }
    assertThat(admit.hasRoom(pool, demand)).isFalse();
    assertThat(admit.reserve(Given.caller("a", open, "a"), pool, demand, 0).result())
        .isInstanceOf(Refusal.RateLimited.class);
    nanos += 60 * SECOND;
    assertThat(admit.hasRoom(pool, demand)).isTrue();
  }

  @Test
  void budget_ofATenant_isSharedByItsKeysAndReservesTheWorstCase() {
    Tier paid = Given.tier("paid", Limits.NONE, Given.per(5, Duration.ofDays(30)));
    var keys = List.of(Given.key("a", paid, "acme"), Given.key("b", paid, "acme"));
    Admit admit = admit(Given.config(keys, List.of(Given.pool(Limits.NONE)), paid));
    var a = reserved(ask(admit, Given.caller("a", paid, "acme"), Given.demand(1, 1), 4_000_000));
    assertThat(ask(admit, Given.caller("b", paid, "acme"), Given.demand(1, 1), 2_000_000))
        .asInstanceOf(type(Refusal.RateLimited.class))
        .satisfies(no -> assertThat(no.limit()).isEqualTo("budget"));
    a.settle(used(1, 1), 3_500_000);
    assertThat(ask(admit, Given.caller("b", paid, "acme"), Given.demand(1, 1), 2_000_000))
        .asInstanceOf(type(Refusal.BudgetSpent.class))
        .satisfies(no -> {
          assertThat(no.retryAfter()).isEqualTo(Duration.parse("P9DT14H"));
          assertThat(no.message()).contains("3.5 of 5 USD").contains("2026-12-01T00:00:00Z");
        });
    reserved(ask(admit, Given.caller("b", paid, "acme"), Given.demand(1, 1), 1_500_000)).release();
    assertThat(admit.money("paid").get("acme").usedRatio()).isEqualTo(0.7);
    assertThat(meters.get("penstock.budget.used.ratio").tag("tier", "paid").gauge().value())
        .isEqualTo(0.7);
    wall = Instant.parse("2026-12-01T00:00:00Z");
    reserved(ask(admit, Given.caller("b", paid, "acme"), Given.demand(1, 1), 5_000_000));
  }

  @Test
  void budget_smallerThanTheAsk_isABadRequest() {
    Tier paid = Given.tier("paid", Limits.NONE, Given.per(5, Duration.ofDays(30)));
    Admit admit = admit(Given.config(paid));
    assertThat(ask(admit, Given.caller(paid), Given.demand(1, 1), 5_000_001))
        .asInstanceOf(type(Refusal.BadRequest.class))
        .satisfies(no -> assertThat(no.message()).contains("5 USD").contains("5.000001 USD"));
  }

  @Test
  void reload_keepsWhatIsTakenWhereTheKeyAndTierAreTheSame() {
    Admit admit = admit(Given.config(FREE));
    var inFlight = reserved(ask(admit, Given.caller(FREE), Given.demand(3000, 0)));
    Tier more = Given.tier("free", new Limits(Given.perMinute(60), Given.perMinute(6000), 1));
    admit.reload(Given.config(more));
    var state = admit.peek(Given.caller(more));
    assertThat(state.requestsLimit()).isEqualTo(60);
    assertThat(state.requestsRemaining()).isEqualTo(50);
    assertThat(state.tokensRemaining()).isEqualTo(3000);
    assertThat(ask(admit, Given.caller(more), Given.demand(1, 1)))
        .asInstanceOf(type(Refusal.RateLimited.class))
        .satisfies(no -> assertThat(no.limit()).isEqualTo("concurrency"));
    inFlight.release();
    state = admit.peek(Given.caller(more));
    assertThat(state.requestsRemaining()).isEqualTo(60);
    assertThat(state.tokensRemaining()).isEqualTo(6000);
  }

  @Test
  void reload_thatDropsTheKey_letsItsCallsEnd() {
    Admit admit = admit(Given.config(FREE));
    var inFlight = reserved(ask(admit, Given.caller(FREE), Given.demand(3000, 0)));
    admit.reload(Given.config(List.of(), List.of(Given.pool(Limits.NONE)), FREE));
    inFlight.settle(used(10, 10));
    assertThat(admit.outstanding()).isZero();
  }

  @Test
  void reload_thatAddsAndDropsLimits_letsCallsOfBeforeEnd() {
    Tier open = Given.tier("free", Limits.NONE);
    Admit admit = admit(Given.config(open));
    var before = reserved(ask(admit, Given.caller(open), Given.demand(3000, 0)));
    admit.reload(Given.config(FREE));
    var within = reserved(ask(admit, Given.caller(FREE), Given.demand(1000, 0)));
    before.settle(used(5000, 0));
    assertThat(admit.peek(Given.caller(FREE)).tokensRemaining()).isEqualTo(5000);
    admit.reload(Given.config(open));
    within.release();
    assertThat(admit.outstanding()).isZero();
  }

  private static final Tier PAID =
      Given.tier(
          "paid",
          new Limits(Given.perMinute(6), Given.perMinute(6000), 3),
          Given.per(5, Duration.ofDays(30)));
  private static final Pool BOUNDED =
      Given.pool(new Limits(Optional.empty(), Given.perMinute(6000), 0));
  private static final Caller A = Given.caller("a", PAID, "acme");
  private static final Caller B = Given.caller("b", PAID, "acme");

  private Admit twoKeysAndAPool() {
    var keys = List.of(Given.key("a", PAID, "acme"), Given.key("b", PAID, "acme"));
    Admit admit = admit(Given.config(keys, List.of(BOUNDED), PAID));
    meanwhile.clear();
    return admit;
  }

  private static Runnable takes(Admit admit, Caller caller, int tokens, long microUsd) {
    return () ->
        reserved(admit.reserve(caller, BOUNDED, Given.demand(tokens, 0), microUsd).result());
  }

  private static void assertUntouched(Admit admit, Caller caller) {
    var state = admit.peek(caller);
    assertThat(state.requestsRemaining()).isEqualTo(6);
    assertThat(state.tokensRemaining()).isEqualTo(6000);
    for (int i = 0; i < 3; i++) {
      reserved(admit.reserve(caller, Given.demand(1, 0)).result());
    }
  }

  @Test
  void reserve_whenAnotherCallTakesTheKeysTokensMeanwhile_isRefused() {
    Admit admit = twoKeysAndAPool();
    meanwhile.add(takes(admit, A, 4000, 1));
    assertThat(admit.reserve(A, BOUNDED, Given.demand(3000, 0), 1).result())
        .asInstanceOf(type(Refusal.RateLimited.class))
        .satisfies(no -> assertThat(no.limit()).isEqualTo("tokens"));
    assertThat(admit.peek(A).tokensRemaining()).isEqualTo(2000);
    assertThat(admit.peek(A).requestsRemaining()).isEqualTo(5);
    assertThat(admit.outstanding()).isEqualTo(1);
  }

  @Test
  void reserve_whenAnotherCallTakesThePoolsTokensMeanwhile_givesTheKeysBack() {
    Admit admit = twoKeysAndAPool();
    meanwhile.add(takes(admit, B, 4000, 1));
    assertThat(admit.reserve(A, BOUNDED, Given.demand(3000, 0), 1).result())
        .isInstanceOf(Refusal.RateLimited.class);
    assertThat(admit.outstanding()).isEqualTo(1);
    assertUntouched(admit, A);
  }

  @Test
  void reserve_whenAnotherCallTakesTheMoneyMeanwhile_givesKeyAndPoolBack() {
    Admit admit = twoKeysAndAPool();
    meanwhile.add(() -> {});
    meanwhile.add(takes(admit, B, 1000, 4_000_000));
    assertThat(admit.reserve(A, BOUNDED, Given.demand(3000, 0), 2_000_000).result())
        .asInstanceOf(type(Refusal.RateLimited.class))
        .satisfies(no -> assertThat(no.limit()).isEqualTo("budget"));
    assertThat(admit.outstanding()).isEqualTo(1);
    takes(admit, B, 5000, 1).run();
    assertUntouched(admit, A);
  }
}
