package io.penstock.gateway.choose;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.config.Retries;
import io.penstock.gateway.call.Configs;
import io.penstock.gateway.call.Refusal;
import io.penstock.gateway.call.Seated;
import io.penstock.gateway.call.Turn;
import io.penstock.gateway.call.Turn.Ended;
import io.penstock.gateway.choose.Backends.BackendStatus;
import io.penstock.gateway.choose.Backends.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BackendsTest {
  private long now;
  private final PenstockConfig config = pool("a", "b", "c");
  private final Pool pool = pool(config);
  private final Backends backends = new Backends(config, () -> now);

  private static PenstockConfig pool(String... ids) {
    List<String> list = new ArrayList<>();
    for (String id : ids) {
      list.add("{id: " + id + ", url: \"http://" + id + ".test:80\"}");
    }
    return Configs.of(
        """
        tiers: {free: {route: {simple: p, medium: p, complex: p}}}
        keys: []
        pools: {p: {model: llama-2-7b, backends: %s}}
        """
            .formatted(list));
  }

  private static Pool pool(PenstockConfig config) {
    return Objects.requireNonNull(config.pools().get("p"));
  }

  private Turn turn(String... except) {
    Seated seated = backends.seat(pool, Set.of(except));
    assertThat(seated).isInstanceOf(Turn.class);
    return (Turn) seated;
  }

  private void fail(String id, int times) {
    for (int i = 0; i < times; i++) {
      Turn turn = onlyAt(id);
      assertThat(turn.backend().id()).isEqualTo(id);
      turn.end(Ended.FAILED);
    }
  }

  private Turn onlyAt(String id) {
    List<String> others = new ArrayList<>(List.of("a", "b", "c"));
    others.remove(id);
    return turn(others.toArray(String[]::new));
  }

  private void pass(Duration time) {
    now += time.toNanos();
  }

  private BackendStatus status(String id) {
    return backends.status().getFirst().backends().stream()
        .filter(backend -> backend.id().equals(id))
        .findFirst()
        .orElseThrow();
  }

  private int inFlight() {
    return backends.status().getFirst().inFlight();
  }

  @Test
  void seat_ofManyCalls_spreadsThemEvenly() {
    Map<String, Integer> seats = new HashMap<>();
    for (int i = 0; i < 30; i++) {
      seats.merge(turn().backend().id(), 1, Integer::sum);
    }
    assertThat(seats).containsOnly(Map.entry("a", 10), Map.entry("b", 10), Map.entry("c", 10));
  }

  private Map<String, Integer> begun(int calls) {
    Map<String, Integer> seats = new HashMap<>();
    for (int i = 0; i < calls; i++) {
      Turn turn = turn();
      turn.firstToken();
      seats.merge(turn.backend().id(), 1, Integer::sum);
    }
    return seats;
  }

  @Test
  void seat_ofBackendsThatDiffer_givesTheFasterOneMore_andSaysWhy() {
    backends.timed("p", 6, Map.of("a", 0.8, "b", 1.0, "c", 1.25));
    assertThat(backends.peek(pool).orElseThrow().backend().id()).isEqualTo("a");
    assertThat(backends.peek(pool).orElseThrow().why()).contains("soonest");

    // What a step takes without any call counts, too: 0.8 · (6 + 26) is about 1.25 · (6 + 14).
    var seats = begun(60);
    assertThat(seats.get("a")).isBetween(24, 28);
    assertThat(seats.get("b")).isBetween(18, 22);
    assertThat(seats.get("c")).isBetween(12, 16);
  }

  @Test
  void seat_ofABackendThatIsNew_isThatOfTheMean() {
    backends.timed("p", 6, Map.of("a", 1.0, "b", 1.0, "c", 1.0));
    begun(9);
    var wider = pool("a", "b", "c", "d");
    backends.reload(wider);

    var seats = new HashMap<String, Integer>();
    for (int i = 0; i < 7; i++) {
      var turn = (Turn) backends.seat(pool(wider), Set.of());
      turn.firstToken();
      seats.merge(turn.backend().id(), 1, Integer::sum);
    }
    assertThat(seats).containsEntry("d", 4);
  }

  @Test
  void seat_whereOneHasAPromptAtWork_goesToAnother() {
    backends.timed("p", 6, Map.of());
    var atWork = turn().backend().id();

    assertThat(begun(6)).doesNotContainKey(atWork);
  }

  @Test
  void seat_ofOneCallAfterTheOther_goesRound() {
    Map<String, Integer> seats = new HashMap<>();
    for (int i = 0; i < 30; i++) {
      Turn turn = turn();
      seats.merge(turn.backend().id(), 1, Integer::sum);
      turn.end(Ended.ANSWERED);
    }
    assertThat(seats.values()).containsOnly(10);
  }

  @Test
  void seat_takesTheLeastLoaded() {
    Turn first = turn();
    Turn second = turn();
    Turn third = turn();
    second.end(Ended.ANSWERED);
    assertThat(turn().backend()).isEqualTo(second.backend());
    assertThat(first.backend()).isNotEqualTo(third.backend());
  }

  @Test
  void seat_countsTheCallItself() {
    assertThat(onlyAt("a").inFlightAtDispatch()).isEqualTo(1);
    assertThat(onlyAt("a").inFlightAtDispatch()).isEqualTo(2);
  }

  @Test
  void seat_exceptAll_saysNoBackend() {
    assertThat(backends.seat(pool, Set.of("a", "b", "c")))
        .isInstanceOfSatisfying(
            Refusal.NoBackend.class,
            no -> {
              assertThat(no.pool()).isEqualTo("p");
              assertThat(no.retryAfter()).isPositive();
            });
  }

  @Test
  void end_twice_throwsAndCountsOnce() {
    Turn turn = turn();
    turn.end(Ended.ANSWERED);
    assertThatThrownBy(() -> turn.end(Ended.FAILED)).isInstanceOf(IllegalStateException.class);
    assertThat(inFlight()).isZero();
    assertThat(status(turn.backend().id()).consecutiveFailures()).isZero();
  }

  @Test
  void end_ofTwentyFailuresOnEightTurns_leavesRoomForTheNext() {
    List<Turn> held = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      held.add(turn());
      if (held.size() == 8) {
        held.forEach(turn -> turn.end(Ended.FAILED));
        held.clear();
      }
    }
    held.forEach(turn -> turn.end(Ended.FAILED));
    assertThat(inFlight()).isZero();
    Turn next = turn();
    next.end(Ended.ANSWERED);
    assertThat(status(next.backend().id()).state()).isEqualTo(State.UP);
  }

  @Test
  void seat_afterTheMinimumOfFailures_avoidsTheBackendForASecond() {
    fail("a", 4);
    assertThat(status("a").state()).isEqualTo(State.UP);
    fail("a", 1);
    assertThat(status("a").state()).isEqualTo(State.DOWN);
    assertThat(status("a").breaker()).isEqualTo(2);
    for (int i = 0; i < 20; i++) {
      assertThat(turn().backend().id()).isNotEqualTo("a");
    }
  }

  @Test
  void seat_whileFewerThanHalfOfTheLastCallsFail_keepsTheBackend() {
    for (int i = 0; i < 20; i++) {
      onlyAt("a").end(Ended.ANSWERED);
      fail("a", i % 3 == 0 ? 1 : 0);
    }
    assertThat(status("a").state()).isEqualTo(State.UP);
    fail("a", 4);
    assertThat(status("a").state()).isEqualTo(State.DOWN);
  }

  @Test
  void seat_whenFirstTokensAreSlow_avoidsTheBackend() {
    for (int i = 0; i < 5; i++) {
      assertThat(status("a").state()).isEqualTo(State.UP);
      Turn slow = onlyAt("a");
      pass(Duration.ofMillis(15_001));
      slow.firstToken();
      slow.end(Ended.ANSWERED);
    }
    assertThat(status("a").state()).isEqualTo(State.DOWN);
  }

  @Test
  void seat_whenAProbeIsUnderWay_theBreakerIsHalfOpen() {
    fail("a", 5);
    pass(Duration.ofMillis(1001));
    Turn probe = turn();
    assertThat(status("a").breaker()).isEqualTo(1);
    probe.end(Ended.ANSWERED);
    assertThat(status("a").breaker()).isZero();
  }

  @Test
  void end_ofACallFromBeforeThePause_doesNotDecideTheProbe() {
    Turn old = onlyAt("a");
    fail("a", 5);
    pass(Duration.ofMillis(1001));
    Turn probe = turn();
    old.end(Ended.FAILED);
    assertThat(status("a").breaker()).isEqualTo(1);
    probe.end(Ended.ANSWERED);
    assertThat(status("a").state()).isEqualTo(State.UP);
  }

  @Test
  void seat_whenThePauseIsOver_sendsOneProbe() {
    fail("a", 5);
    pass(Duration.ofMillis(1001));
    Turn probe = turn();
    assertThat(probe.backend().id()).isEqualTo("a");
    for (int i = 0; i < 5; i++) {
      assertThat(turn().backend().id()).isNotEqualTo("a");
    }
    probe.end(Ended.ANSWERED);
    assertThat(status("a").state()).isEqualTo(State.UP);
    assertThat(turn().backend().id()).isEqualTo("a");
  }

  @Test
  void seat_whenProbesFail_waitsTwiceAsLongUpToAMinute() {
    fail("a", 5);
    for (long seconds : new long[] {1, 2, 4, 8, 16, 32, 60, 60}) {
      pass(Duration.ofSeconds(seconds).minusMillis(1));
      Turn early = turn();
      assertThat(early.backend().id()).as("before %d s", seconds).isNotEqualTo("a");
      early.end(Ended.ANSWERED);
      pass(Duration.ofMillis(2));
      Turn probe = turn();
      assertThat(probe.backend().id()).as("after %d s", seconds).isEqualTo("a");
      probe.end(Ended.FAILED);
    }
  }

  @Test
  void seat_whenTheProbeIsAbandoned_sendsAnother() {
    fail("a", 5);
    pass(Duration.ofMillis(1001));
    turn().end(Ended.ABANDONED);
    Turn probe = turn();
    assertThat(probe.backend().id()).isEqualTo("a");
    probe.end(Ended.ANSWERED);
    assertThat(status("a").state()).isEqualTo(State.UP);
  }

  @Test
  void end_ofTheLastThatIsIn_neverPutsItOut() {
    fail("a", 5);
    fail("b", 5);
    fail("c", 50);
    assertThat(status("a").state()).isEqualTo(State.DOWN);
    assertThat(status("b").state()).isEqualTo(State.DOWN);
    assertThat(status("c").breaker()).isZero();
    assertThat(backends.status().getFirst().up()).isFalse();
    Turn last = turn();
    assertThat(last.backend().id()).isEqualTo("c");
    last.end(Ended.ANSWERED);
    assertThat(status("c").state()).isEqualTo(State.UP);
  }

  /** A gateway that is not ready gets no calls that could show it otherwise. */
  @Test
  void status_whatNoCallHasFoundForTheLongestPause_isNotKnownAnyMore() {
    fail("a", 5);
    fail("b", 5);
    fail("c", 50);
    assertThat(backends.status().getFirst().up()).isFalse();
    pass(Duration.ofSeconds(60));
    assertThat(backends.status().getFirst().up()).isFalse();
    pass(Duration.ofSeconds(1));
    assertThat(backends.status().getFirst().up()).isTrue();
    Turn probe = turn();
    assertThat(probe.backend().id()).as("it is tried with one call, as ever").isEqualTo("a");
    probe.end(Ended.FAILED);
    assertThat(status("a").state()).isEqualTo(State.DOWN);
  }

  @Test
  void seat_whereThePoolFallsBack_isLeftWhenAllAreOut_andTheLastResortTakesThem() {
    PenstockConfig falling =
        Configs.of(
            """
            tiers: {free: {route: {simple: p, medium: p, complex: p}, pools: [q]}}
            keys: []
            pools:
              p: {model: llama-2-7b, backends: [{id: a, url: "http://a.test:80"}], fallback: [q]}
              q: {model: llama-2-7b, backends: [{id: b, url: "http://b.test:80"}]}
            """);
    Backends two = new Backends(falling, () -> now);
    Pool first = pool(falling);
    for (int i = 0; i < 5; i++) {
      ((Turn) two.seat(first, Set.of())).end(Ended.FAILED);
    }
    assertThat(two.seat(first, Set.of())).isInstanceOf(Refusal.NoBackend.class);
    assertThat(two.lastResort(first, Set.of(), Prefix.NONE)).isInstanceOf(Turn.class);
  }

  @Test
  void restBackend_keepsCallsAwayUntilItIsOver() {
    onlyAt("a").restBackend(Duration.ofSeconds(7));
    for (int i = 0; i < 10; i++) {
      assertThat(turn().backend().id()).isNotEqualTo("a");
    }
    onlyAt("b").restBackend(Duration.ofSeconds(9));
    onlyAt("c").restBackend(Duration.ofSeconds(8));
    assertThat(backends.seat(pool, Set.of()))
        .isEqualTo(new Refusal.NoBackend("p", Duration.ofSeconds(7)));
    pass(Duration.ofSeconds(7));
    assertThat(turn().backend().id()).isEqualTo("a");
  }

  @Test
  void seat_ofAPoolWithTwoKeys_takesTheOneWithFewerCalls_andRestsOneThatIsLimited(
      @TempDir Path directory) throws IOException {
    PenstockConfig keyed =
        Configs.of(
            """
            tiers: {free: {route: {simple: p, medium: p, complex: p}}}
            keys: []
            pools:
              p: {model: llama-2-7b, url: "http://a.test:80", keys: ["file:%s", "file:%s"]}
            """
                .formatted(
                    Files.writeString(directory.resolve("one"), "one"),
                    Files.writeString(directory.resolve("two"), "two")));
    Backends two = new Backends(keyed, () -> now);
    Pool one = pool(keyed);
    Turn first = (Turn) two.seat(one, Set.of());
    Turn second = (Turn) two.seat(one, Set.of());
    assertThat(first.credential()).isPresent().isNotEqualTo(second.credential());
    first.restCredential(Duration.ofSeconds(3));
    first.end(Ended.ANSWERED);
    for (int i = 0; i < 5; i++) {
      assertThat(((Turn) two.seat(one, Set.of())).credential()).isEqualTo(second.credential());
    }
    second.restCredential(Duration.ofSeconds(2));
    assertThat(two.seat(one, Set.of()))
        .isEqualTo(new Refusal.NoBackend("p", Duration.ofSeconds(2)));
    pass(Duration.ofSeconds(3));
    assertThat(((Turn) two.seat(one, Set.of())).credential()).isEqualTo(first.credential());
  }

  @Test
  void mayRetry_allowsATenthOfTheCallsOfAMinute_andAFewBesides() {
    for (int i = 0; i < 100; i++) {
      turn().end(Ended.ANSWERED);
    }
    int allowed = 0;
    while (backends.mayRetry(pool)) {
      allowed++;
    }
    assertThat(allowed).isEqualTo(Retries.DEFAULT.least() + 10);
    pass(Duration.ofSeconds(59));
    assertThat(backends.mayRetry(pool)).isFalse();
    pass(Duration.ofSeconds(1));
    for (int i = 0; i < Retries.DEFAULT.least(); i++) {
      assertThat(backends.mayRetry(pool)).isTrue();
    }
    assertThat(backends.mayRetry(pool)).isFalse();
    backends.didNotRetry(pool);
    assertThat(backends.mayRetry(pool)).isTrue();
  }

  @Test
  void seat_whenEveryBackendSaysItIsDown_saysNoBackend() {
    for (String id : List.of("a", "b", "c")) {
      assertThat(backends.checked("p", id, false)).isTrue();
    }
    assertThat(backends.seat(pool, Set.of())).isInstanceOf(Refusal.NoBackend.class);
    backends.checked("p", "b", true);
    assertThat(turn().backend().id()).isEqualTo("b");
  }

  @Test
  void drain_givesNoNewTurnsAndKeepsThoseInFlight() {
    Turn running = onlyAt("a");
    assertThat(backends.drain("p", "a")).isTrue();
    assertThat(status("a").state()).isEqualTo(State.DRAINING);
    for (int i = 0; i < 10; i++) {
      assertThat(turn().backend().id()).isNotEqualTo("a");
    }
    assertThat(status("a").inFlight()).isEqualTo(1);
    running.end(Ended.ANSWERED);
    assertThat(status("a").inFlight()).isZero();
    assertThat(backends.undrain("p", "a")).isTrue();
    assertThat(turn().backend().id()).isEqualTo("a");
  }

  @Test
  void drain_ofAnUnknownBackend_saysSo() {
    assertThat(backends.drain("p", "z")).isFalse();
    assertThat(backends.drain("q", "a")).isFalse();
  }

  @Test
  void reload_keepsTheCountersOfBackendsThatRemain() {
    Turn running = onlyAt("a");
    Turn leaving = onlyAt("c");
    fail("b", 5);
    backends.reload(pool("b", "a", "d"));
    assertThat(status("a").inFlight()).isEqualTo(1);
    assertThat(status("b").state()).isEqualTo(State.DOWN);
    assertThat(status("d").inFlight()).isZero();
    running.end(Ended.ANSWERED);
    leaving.end(Ended.ANSWERED);
    assertThat(inFlight()).isZero();
  }

  @Test
  void reload_withAnotherUrl_isAnotherBackend() {
    fail("a", 5);
    backends.reload(
        Configs.of(
            """
            tiers: {free: {route: {simple: p, medium: p, complex: p}}}
            keys: []
            pools: {p: {model: llama-2-7b, backends: [{id: a, url: "http://elsewhere.test:80"}]}}
            """));
    assertThat(status("a").state()).isEqualTo(State.UP);
  }

  @Test
  void peek_saysWhereTheNextCallGoesAndTakesNothing() {
    turn();
    turn();
    for (int i = 0; i < 3; i++) {
      Backends.Preview preview = backends.peek(pool).orElseThrow();
      assertThat(preview.inFlight()).isZero();
    }
    Backends.Preview preview = backends.peek(pool).orElseThrow();
    assertThat(turn().backend()).isEqualTo(preview.backend());
    assertThat(inFlight()).isEqualTo(3);
  }

  @Test
  void observed_movesTheAverage() {
    Turn turn = onlyAt("a");
    assertThat(status("a").ttftSeconds()).isNaN();
    backends.observed(turn, 1.0, 0.05);
    assertThat(status("a").ttftSeconds()).isEqualTo(1.0);
    backends.observed(turn, 2.0, 0);
    assertThat(status("a").ttftSeconds()).isBetween(1.05, 1.15);
    assertThat(status("a").tpotSeconds()).isEqualTo(0.05);
  }

  @Test
  void seat_fromManyThreads_losesNoCountAndStaysFair() throws InterruptedException {
    int threads = 8;
    int rounds = 5_000;
    CountDownLatch done = new CountDownLatch(threads);
    List<Throwable> faults = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      Random random = new Random(t);
      Thread.ofPlatform()
          .daemon()
          .start(() -> {
            try {
              for (int i = 0; i < rounds; i++) {
                Ended ended = Ended.values()[random.nextInt(3)];
                turn().end(ended);
              }
            } catch (Throwable fault) {
              synchronized (faults) {
                faults.add(fault);
              }
            } finally {
              done.countDown();
            }
          });
    }
    assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(faults).isEmpty();
    assertThat(inFlight()).isZero();
    assertThat(backends.seat(pool, Set.of())).isInstanceOf(Turn.class);
  }
}
