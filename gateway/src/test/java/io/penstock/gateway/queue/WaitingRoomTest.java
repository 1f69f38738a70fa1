package io.penstock.gateway.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.penstock.config.Complexity;
import io.penstock.config.Limits;
import io.penstock.config.Tier;
import io.penstock.config.Tier.Priority;
import io.penstock.config.Waiting;
import java.time.Duration;
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
    return new Guest(tier, tenant, 100, 50, true);
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
    Place large = in(Objects.requireNonNull(room.enter(new Guest(LOW, "a", 5000, 50, true))));
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
          .as("three quarters of what comes free")
          .isCloseTo(seconds(4 / 0.75), within(1000L));
    }
    long start = now;
    assertThat(ask(room, LOW, "t0", 1)).as("too early").isInstanceOf(Full.class);
    for (int i = 0; i < 5; i++) {
      now = start + refused.get(i).retryNanos();
      assertThat(ask(room, LOW, "t" + i, 1)).as("as told").isInstanceOf(Waiter.class);
    }
    assertThat(ask(room, LOW, "stranger", 1)).isInstanceOf(Full.class);
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
              random.nextBoolean());
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
