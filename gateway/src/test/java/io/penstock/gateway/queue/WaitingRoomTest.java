package io.penstock.gateway.queue;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.Complexity;
import io.penstock.config.Limits;
import io.penstock.config.Tier;
import io.penstock.config.Tier.Priority;
import io.penstock.config.Waiting;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class WaitingRoomTest {
  private static final Tier HIGH = tier("high", Priority.HIGH, 0);
  private static final Tier NORMAL = tier("normal", Priority.NORMAL, 0);
  private static final Tier LOW = tier("low", Priority.LOW, 0);
  private static final List<Tier> ALL = List.of(HIGH, NORMAL, LOW);
  private static final Waiting TERMS =
      new Waiting(0, Duration.ofSeconds(30), Duration.ofSeconds(5), 100, true);

  private long now = TimeUnit.HOURS.toNanos(1);
  private final List<String> told = new ArrayList<>();
  private final List<Place> placed = new ArrayList<>();

  private static Tier tier(String name, Priority priority, double reserved) {
    Map<Complexity, String> route =
        Map.of(Complexity.SIMPLE, "p", Complexity.MEDIUM, "p", Complexity.COMPLEX, "p");
    Map<String, Double> shares = reserved == 0 ? Map.of() : Map.of("p", reserved);
    return new Tier(
        name,
        Limits.NONE,
        Optional.empty(),
        priority,
        route,
        List.of(),
        Tier.WhenBusy.WAIT,
        shares);
  }

  private WaitingRoom room(int places, double seconds, List<Tier> tiers) {
    var room = new WaitingRoom("p", TERMS, tiers, () -> now);
    room.bears(places, Long.MAX_VALUE, seconds);
    return room;
  }

  private static Guest guest(Tier tier, String tenant) {
    return new Guest(tier, tenant, 100, 50, true, 0);
  }

  private Entry ask(WaitingRoom room, Tier tier, String tenant, int withinSeconds) {
    return room.await(
        guest(tier, tenant),
        seconds(withinSeconds),
        new Waiter.Called() {
          @Override
          public void placed(Place place) {
            told.add(tenant);
            placed.add(place);
          }

          @Override
          public void dismissed() {
            told.add("not " + tenant);
          }
        });
  }

  private static long seconds(double seconds) {
    return (long) (seconds * 1e9);
  }

  private static Place in(Entry entry) {
    return (Place) entry;
  }

  @Test
  void enter_whilePlacesAreFree_givesThemAndNoMore() {
    var room = room(2, 1, ALL);
    assertThat(room.enter(guest(LOW, "a"))).isNotNull();
    assertThat(room.enter(guest(HIGH, "b"))).isNotNull();
    assertThat(room.enter(guest(HIGH, "c"))).isNull();
    assertThat(room.taken()).isEqualTo(2);
  }

  @Test
  void await_whenFull_letsInByPriority_thenDeadline() {
    var room = room(1, 1, ALL);
    Place first = in(ask(room, LOW, "first", 10));
    ask(room, LOW, "low", 20);
    ask(room, NORMAL, "normal, later", 20);
    ask(room, NORMAL, "normal, sooner", 15);
    ask(room, HIGH, "high", 20);
    assertThat(told).isEmpty();
    Place next = first;
    for (int i = 0; i < 4; i++) {
      next.leave();
      next = placed.getLast();
    }
    assertThat(told.getFirst()).isEqualTo("high");
    assertThat(told.getLast()).isEqualTo("low");
    next.leave();
    assertThat(room.taken()).isZero();
    assertThat(room.waiting()).isZero();
  }

  @Test
  void await_ofOneTenant_goesByDeadline() {
    var room = room(1, 1, ALL);
    Place first = in(ask(room, LOW, "a", 10));
    var order = new ArrayList<Integer>();
    for (int within : new int[] {30, 10, 20}) {
      room.await(
          guest(LOW, "same"),
          seconds(within),
          new Waiter.Called() {
            @Override
            public void placed(Place place) {
              order.add(within);
              placed.add(place);
            }

            @Override
            public void dismissed() {}
          });
    }
    first.leave();
    placed.getLast().leave();
    placed.getLast().leave();
    assertThat(order).containsExactly(10, 20, 30);
  }

  @Test
  void await_ofOneTier_tenantsTakeTurns() {
    var room = room(1, 1, ALL);
    Place next = in(ask(room, LOW, "x", 10));
    for (int i = 0; i < 3; i++) {
      ask(room, LOW, "busy", 29);
    }
    ask(room, LOW, "quiet", 29);
    for (int i = 0; i < 4; i++) {
      next.leave();
      next = placed.getLast();
    }
    assertThat(told).containsExactly("busy", "quiet", "busy", "busy");
  }

  @Test
  void reserved_isKeptForItsTier_andThatTierPassesThoseWhoWait() {
    Tier kept = tier("kept", Priority.NORMAL, 0.25);
    var room = room(8, 1, List.of(kept, LOW, HIGH));
    for (int i = 0; i < 6; i++) {
      assertThat(room.enter(guest(HIGH, "h" + i))).isNotNull();
    }
    assertThat(room.enter(guest(HIGH, "h6"))).isNull();
    ask(room, HIGH, "waits", 20);
    assertThat(room.waiting()).isEqualTo(1);
    ask(room, kept, "kept", 0);
    ask(room, kept, "kept", 0);
    assertThat(told).containsExactly("kept", "kept");
    assertThat(room.taken()).isEqualTo(8);
    placed.getFirst().leave();
    assertThat(told).containsExactly("kept", "kept");
    assertThat(room.waiting()).isEqualTo(1);
  }

  @Test
  void tokens_thatDoNotFit_wait_butOneAloneIsLetIn() {
    var room = new WaitingRoom("p", TERMS, ALL, () -> now);
    room.bears(10, 1000, 1);
    Place large = in(Objects.requireNonNull(room.enter(new Guest(LOW, "a", 5000, 50, true, 0))));
    assertThat(room.enter(guest(LOW, "b"))).isNull();
    ask(room, LOW, "b", 20);
    large.leave();
    assertThat(told).containsExactly("b");
    assertThat(room.tokens()).isEqualTo(100);
  }

  @Test
  void await_thatWouldTakeTooLong_isRefusedWithATime_atWhichItIsLetIn() {
    var room = room(1, 4, ALL);
    in(ask(room, LOW, "at work", 10));
    var refused = new ArrayList<Full>();
    for (int i = 0; i < 5; i++) {
      refused.add((Full) ask(room, LOW, "t" + i, 1));
    }
    for (int i = 1; i < 5; i++) {
      assertThat(refused.get(i).retryNanos() - refused.get(i - 1).retryNanos())
          .as("one after the other, more slowly than places come free")
          .isGreaterThan(seconds(4));
    }
    long start = now;
    var early = (Full) ask(room, LOW, "t0", 1);
    assertThat(early.retryNanos()).as("too early").isEqualTo(refused.getFirst().retryNanos());
    for (int i = 0; i < 5; i++) {
      now = start + refused.get(i).retryNanos();
      assertThat(ask(room, LOW, "t" + i, 1)).as("as told").isInstanceOf(Waiter.class);
    }
    assertThat(ask(room, LOW, "stranger", 1)).isInstanceOf(Full.class);
  }

  @Test
  void appointment_isOfTheCallThatWasTold_notOfItsTenant() {
    var room = room(1, 4, ALL);
    in(ask(room, LOW, "at work", 10));
    var told = (Full) room.await(new Guest(LOW, "t", 100, 50, true, 1), seconds(1), nobody());
    now += told.retryNanos();
    assertThat(room.await(new Guest(LOW, "t", 100, 50, true, 2), seconds(1), nobody()))
        .isInstanceOf(Full.class);
    assertThat(room.await(new Guest(LOW, "t", 100, 50, true, 1), seconds(1), nobody()))
        .isInstanceOf(Waiter.class);
  }

  private static Waiter.Called nobody() {
    return new Waiter.Called() {
      @Override
      public void placed(Place place) {}

      @Override
      public void dismissed() {}
    };
  }

  @Test
  void promised_goBeforeThoseWhoCameSince_butNotBeforeTheUrgent() {
    var room = room(1, 4, ALL);
    Place first = in(ask(room, LOW, "at work", 10));
    var refused = (Full) ask(room, LOW, "promised", 1);
    now += refused.retryNanos();
    ask(room, NORMAL, "normal", 29);
    ask(room, LOW, "promised", 1);
    ask(room, HIGH, "high", 29);
    Place next = first;
    for (int i = 0; i < 3; i++) {
      next.leave();
      next = placed.getLast();
    }
    assertThat(told.indexOf("promised")).isLessThan(told.indexOf("normal"));
    next.leave();
  }

  private WaitingRoom paced(int servers) {
    var room = room(100, 10, ALL);
    room.paces(new Pace(servers, 50, 0.001, 0.01));
    return room;
  }

  @Test
  void prompts_areSentOneAtATimeToEachServer_theNextAtTheFirstToken() {
    var room = paced(2);
    Place one = in(ask(room, NORMAL, "a", 10));
    in(ask(room, NORMAL, "b", 10));
    assertThat(ask(room, NORMAL, "c", 10)).isInstanceOf(Waiter.class);
    ask(room, HIGH, "d", 10);
    one.firstToken();
    one.firstToken();
    assertThat(told).containsExactly("d");
    assertThat(room.taken()).isEqualTo(3);
    one.leave();
    placed.getLast().leave();
    assertThat(told).containsExactly("d", "c");
  }

  @Test
  void prompts_thatAreShort_areSentTogether() {
    var room = room(100, 10, ALL);
    room.paces(new Pace(1, 200, 0.001, 0.01));
    for (int i = 0; i < 4; i++) {
      in(ask(room, NORMAL, "a", 10));
    }
    assertThat(ask(room, NORMAL, "b", 10)).isInstanceOf(Waiter.class);
  }

  @Test
  void prompt_whoseFirstTokenIsNotSeen_countsForAsLongAsItShouldTake() {
    var room = paced(1);
    in(room.await(new Guest(NORMAL, "a", 100, 50, false, 0), seconds(1), nobody()));
    assertThat(ask(room, NORMAL, "b", 10)).isInstanceOf(Waiter.class);
    now += seconds(0.06);
    room.look();
    assertThat(told).isEmpty();
    now += seconds(0.02);
    room.look();
    assertThat(told).containsExactly("b");
  }

  /** A server is left without a prompt for those of high priority, once they have come. */
  @Test
  void urgent_findAServerWithoutAPrompt() {
    var room = paced(4);
    for (int i = 0; i < 20; i++) {
      Place urgent = Objects.requireNonNull(room.enter(guest(HIGH, "h")));
      urgent.firstToken();
      urgent.leave();
      now += seconds(0.5);
      room.look();
    }
    for (int i = 0; i < 10; i++) {
      ask(room, NORMAL, "n", 29);
    }
    assertThat(room.taken()).isEqualTo(3);
    assertThat(ask(room, HIGH, "urgent", 1)).isInstanceOf(Waiter.class);
    assertThat(told).containsExactly("urgent");
  }

  @Test
  void urgent_haveAFewPlacesMore_whereTheNumberIsTheModels_andSomeKeptWhereItIsTheConfigs() {
    var modelled = room(20, 1, ALL);
    var hard =
        new WaitingRoom(
            "p", new Waiting(20, TERMS.maxWait(), TERMS.ageing(), 100, true), ALL, () -> now);
    hard.bears(20, Long.MAX_VALUE, 1);
    for (var room : List.of(modelled, hard)) {
      for (int i = 0; i < 40; i++) {
        Objects.requireNonNull(room.enter(guest(HIGH, "h"))).leave();
        now += seconds(0.5);
        room.look();
      }
      for (int i = 0; i < 30; i++) {
        ask(room, NORMAL, "n", 29);
      }
    }
    assertThat(modelled.taken()).isEqualTo(20);
    assertThat(hard.taken()).isBetween(10, 19);
    while (hard.taken() < 20) {
      ask(hard, HIGH, "h", 1);
    }
    ask(hard, HIGH, "h", 1);
    ask(modelled, HIGH, "h", 1);
    assertThat(hard.taken()).isEqualTo(20);
    assertThat(modelled.taken()).isEqualTo(21);
  }

  /** Answers that come more slowly than promised take places away, until they do not. */
  @Test
  void places_areCorrectedByThePaceOfTheAnswers() {
    var room = room(100, 2, ALL);
    room.promises(Duration.ofMillis(50));
    for (int i = 0; i < 100; i++) {
      double pace = 0.02 + 0.0004 * room.limit();
      room.answered(pace);
      room.answered(pace);
      now += seconds(0.2);
      room.bears(100, Long.MAX_VALUE, 2);
      room.look();
    }
    assertThat(room.limit()).isBetween(65, 75);
  }

  @Test
  void aNumberThatFalls_leavesPlacesForWhoComesNext() {
    var room = room(20, 10, ALL);
    var taken = new ArrayDeque<Place>();
    for (int i = 0; i < 20; i++) {
      taken.add(Objects.requireNonNull(room.enter(guest(LOW, "l" + i))));
    }
    now += seconds(1);
    room.bears(10, Long.MAX_VALUE, 10);
    assertThat(room.limit()).isEqualTo(19);
    taken.removeFirst().leave();
    taken.removeFirst().leave();
    assertThat(room.enter(guest(HIGH, "h"))).isNotNull();
    now += seconds(30);
    room.bears(10, Long.MAX_VALUE, 10);
    assertThat(room.limit()).isEqualTo(10);
  }

  /** High calls without end: a low one goes in within its ageing and four places of its turn. */
  @Test
  void ageing_letsLowIn_withinTheBoundThatIsStated() {
    var room = room(1, 1, ALL);
    Place next = in(ask(room, HIGH, "h", 10));
    ask(room, LOW, "low 0", 30);
    ask(room, LOW, "low 1", 30);
    var at = new ArrayList<Integer>();
    for (int second = 0; second < 30 && at.size() < 2; second++) {
      ask(room, HIGH, "h", 29);
      now += seconds(1);
      next.leave();
      next = placed.getLast();
      if (told.getLast().startsWith("low")) {
        at.add(second + 1);
      }
    }
    assertThat(told.indexOf("low 0")).isLessThan(told.indexOf("low 1"));
    assertThat(at).hasSize(2);
    assertThat(at.getFirst()).isBetween(15, 15 + 4);
    assertThat(at.getLast() - at.getFirst()).isEqualTo(4);
  }

  @Test
  void look_dismissesWhoseTimeIsOver_andLeaveIsSilent() {
    var room = room(1, 1, ALL);
    Place first = in(ask(room, LOW, "a", 10));
    ask(room, LOW, "b", 2);
    var left = (Waiter) ask(room, LOW, "c", 3);
    assertThat(left.leave()).isTrue();
    assertThat(left.leave()).isFalse();
    now += seconds(2);
    room.look();
    assertThat(told).containsExactly("not b");
    first.leave();
    assertThat(told).containsExactly("not b");
    assertThat(room.taken()).isZero();
  }

  @Test
  void close_dismissesAll_andLetsNobodyWait() {
    var room = room(1, 1, ALL);
    in(ask(room, LOW, "a", 10));
    ask(room, LOW, "b", 20);
    room.close();
    assertThat(told).containsExactly("not b");
    assertThat(ask(room, HIGH, "c", 20)).isInstanceOf(Full.class);
  }

  @Test
  void bears_more_letsThoseInWhoWait() {
    var room = room(1, 1, ALL);
    in(ask(room, LOW, "a", 10));
    ask(room, LOW, "b", 20);
    room.bears(2, Long.MAX_VALUE, 1);
    assertThat(told).containsExactly("b");
  }

  /** Whatever many threads do at once, no place, token or waiter is left over, or lost. */
  @Test
  void randomWalk_onManyThreads_leaksNothing() throws InterruptedException {
    Tier kept = tier("kept", Priority.HIGH, 0.25);
    var tiers = List.of(kept, NORMAL, LOW);
    var room = new WaitingRoom("p", TERMS, tiers, System::nanoTime);
    room.bears(8, 5000, 0.001);
    var given = new ConcurrentLinkedQueue<Place>();
    var most = new AtomicInteger();
    var ends = new AtomicInteger();
    var asked = new AtomicInteger();
    var threads = new ArrayList<Thread>();
    for (int t = 0; t < 6; t++) {
      var random = new Random(t);
      threads.add(
          Thread.ofPlatform().start(() -> walk(room, tiers, random, given, most, asked, ends)));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    for (Place place = given.poll(); place != null || room.waiting() > 0; place = given.poll()) {
      if (place != null) {
        place.leave();
        ends.incrementAndGet();
      }
    }
    assertThat(room.taken()).isZero();
    assertThat(room.tokens()).isZero();
    assertThat(room.waiting()).isZero();
    assertThat(ends.get()).isEqualTo(asked.get());
    assertThat(most.get()).isLessThanOrEqualTo(8);
  }

  private static void walk(
      WaitingRoom room,
      List<Tier> tiers,
      Random random,
      ConcurrentLinkedQueue<Place> given,
      AtomicInteger most,
      AtomicInteger asked,
      AtomicInteger ends) {
    var waiters = new ArrayList<Waiter>();
    for (int i = 0; i < 4000; i++) {
      Guest guest =
          new Guest(
              tiers.get(random.nextInt(3)),
              "t" + random.nextInt(4),
              random.nextInt(1500),
              random.nextInt(100),
              random.nextBoolean(),
              random.nextInt(3));
      switch (random.nextInt(5)) {
        case 0, 1 -> {
          asked.incrementAndGet();
          var called =
              new Waiter.Called() {
                @Override
                public void placed(Place place) {
                  given.add(place);
                }

                @Override
                public void dismissed() {
                  ends.incrementAndGet();
                }
              };
          switch (room.await(guest, seconds(20), called)) {
            case Place place -> given.add(place);
            case Waiter waiter -> waiters.add(waiter);
            case Full _ -> ends.incrementAndGet();
          }
        }
        case 2 -> {
          if (!waiters.isEmpty() && waiters.remove(random.nextInt(waiters.size())).leave()) {
            ends.incrementAndGet();
          }
        }
        default -> {
          Place place = given.poll();
          if (place != null) {
            most.accumulateAndGet(room.taken(), Math::max);
            if (random.nextBoolean()) {
              place.leave();
            } else {
              place.abandon();
            }
            ends.incrementAndGet();
          }
        }
      }
      if (i % 100 == 0) {
        room.reload(TERMS, tiers);
        room.look();
      }
    }
  }
}
