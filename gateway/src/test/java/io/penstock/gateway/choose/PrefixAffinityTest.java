package io.penstock.gateway.choose;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.config.PenstockConfig;
import io.penstock.config.Pool;
import io.penstock.gateway.call.Call;
import io.penstock.gateway.call.Calls;
import io.penstock.gateway.call.Configs;
import io.penstock.gateway.call.Turn;
import io.penstock.gateway.call.Turn.Ended;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class PrefixAffinityTest {
  private static final String SYSTEM = words(0, 3_000);
  private static final String[][] OTHERS = {
    {"b1", "b2", "b3"}, {"b0", "b2", "b3"}, {"b0", "b1", "b3"}, {"b0", "b1", "b2"}
  };

  private final PenstockConfig config = config(4, "prefix");
  private final Pool pool = pool(config);
  private final Backends backends = new Backends(config, () -> 0);

  private static PenstockConfig config(int size, String by) {
    return config(by, IntStream.range(0, size).mapToObj(i -> "b" + i).toArray(String[]::new));
  }

  private static PenstockConfig config(String by, String... ids) {
    String list =
        Stream.of(ids)
            .map(id -> "{id: " + id + ", url: \"http://" + id + ".test:80\"}")
            .collect(Collectors.joining(", "));
    return Configs.of(
        """
        tiers: {free: {route: {simple: p, medium: p, complex: p}}}
        keys: []
        pools: {p: {model: llama-2-7b, backends: [%s], balance: {by: %s, load-factor: 1.25}}}
        """
            .formatted(list, by));
  }

  private static Pool pool(PenstockConfig config) {
    return Objects.requireNonNull(config.pools().get("p"));
  }

  /** Text of so many letters that no other seed gives. */
  private static String words(int seed, int length) {
    var random = new Random(seed);
    var text = new StringBuilder();
    while (text.length() < length) {
      text.append((char) ('a' + random.nextInt(26)));
    }
    return text.toString();
  }

  private static Call conversation(int number, int turns) {
    var call = new Calls().system(SYSTEM);
    for (int turn = 0; turn < turns; turn++) {
      call.user(words(1_000 * number + 2 * turn + 1, 800));
      if (turn + 1 < turns) {
        call.assistant(words(1_000 * number + 2 * turn + 2, 700));
      }
    }
    return call.build();
  }

  private Turn seat(Call call, String... except) {
    return seat(backends, call, except);
  }

  private Turn seat(Backends at, Call call, String... except) {
    return (Turn) at.seat(pool, Set.of(except), Prefix.of(call));
  }

  private String served(Backends at, Call call) {
    Turn turn = seat(at, call);
    turn.end(Ended.ANSWERED);
    return turn.backend().id();
  }

  private String why(Call call) {
    return backends.peek(pool, Prefix.of(call)).orElseThrow().why();
  }

  @Test
  void seat_ofAConversation_staysWithItsBackend() {
    for (int number = 0; number < 50; number++) {
      Set<String> met = new HashSet<>();
      for (int turns = 1; turns <= 6; turns++) {
        met.add(served(backends, conversation(number, turns)));
      }
      assertThat(met).as("conversation " + number).hasSize(1);
    }
  }

  @Test
  void seat_ofManyConversationsWithOneSystemPrompt_usesEveryBackend() {
    Map<String, Integer> seats = new HashMap<>();
    for (int number = 0; number < 400; number++) {
      seats.merge(served(backends, conversation(number, 1)), 1, Integer::sum);
    }
    assertThat(seats.values()).hasSize(4).allSatisfy(seen -> assertThat(seen).isBetween(60, 140));
  }

  @Test
  void seat_atTwoGatewaysThatNeverSpoke_isTheSame() {
    var other = new Backends(config, () -> 0);
    for (int number = 0; number < 50; number++) {
      String first = served(backends, conversation(number, 1));
      assertThat(served(other, conversation(number, 2))).isEqualTo(first);
      assertThat(served(backends, conversation(number, 3))).isEqualTo(first);
    }
  }

  @Test
  void seat_withMoreBackends_movesOnlyWhatTheNewOneGets() {
    var larger = new Backends(config(5, "prefix"), () -> 0);
    int moved = 0;
    for (int number = 0; number < 200; number++) {
      String now = served(larger, conversation(number, 1));
      String before = served(new Backends(config, () -> 0), conversation(number, 1));
      if (!now.equals(before)) {
        assertThat(now).isEqualTo("b4");
        moved++;
      }
    }
    assertThat(moved).isBetween(1, 100);
  }

  @Test
  void seat_whenTheBackendThatKnowsIsTooBusy_goesElsewhereAndIsLearned() {
    Call call = conversation(1, 2);
    Turn first = seat(call);
    assertThat(why(conversation(1, 3))).contains("too busy");
    Turn second = seat(conversation(1, 3));
    assertThat(second.backend()).isNotEqualTo(first.backend());
    first.end(Ended.ANSWERED);
    second.end(Ended.ANSWERED);
    assertThat(seat(conversation(1, 4)).backend())
        .as("it has the longer part of the conversation")
        .isEqualTo(second.backend());
  }

  @Test
  void seat_underRandomLoad_neverPassesTheBound() {
    var random = new Random(7);
    List<Turn> open = new ArrayList<>();
    for (int i = 0; i < 20_000; i++) {
      if (!open.isEmpty() && random.nextInt(100) < 48) {
        open.remove(random.nextInt(open.size())).end(Ended.ANSWERED);
      } else {
        Turn turn = seat(conversation(random.nextInt(12), 1 + random.nextInt(3)));
        open.add(turn);
        int bound = (int) Math.ceil(1.25 * open.size() / 4);
        assertThat(turn.inFlightAtDispatch()).isLessThanOrEqualTo(bound);
      }
    }
  }

  @Test
  void seat_byManyThreads_countsEveryTurnOnce() throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<?>> running = new ArrayList<>();
      for (int thread = 0; thread < 8; thread++) {
        int seed = thread;
        running.add(
            threads.submit(() -> {
              var random = new Random(seed);
              for (int i = 0; i < 2_000; i++) {
                seat(conversation(random.nextInt(20), 2)).end(Ended.ANSWERED);
              }
            }));
      }
      for (Future<?> each : running) {
        each.get();
      }
    }
    assertThat(backends.status().getFirst().inFlight()).isZero();
  }

  @Test
  void seat_ofABackendThatKnowsButDrains_goesElsewhere() {
    String known = served(backends, conversation(1, 2));
    assertThat(why(conversation(1, 3))).contains("given the first 5.0 KiB");
    backends.drain("p", known);
    for (int turns = 3; turns < 8; turns++) {
      assertThat(served(backends, conversation(1, turns))).isNotEqualTo(known);
    }
  }

  @Test
  void seat_ofABackendThatKnowsButIsDown_goesElsewhere() {
    String known = served(backends, conversation(1, 2));
    backends.checked("p", known, false);
    assertThat(served(backends, conversation(1, 3))).isNotEqualTo(known);
  }

  @Test
  void seat_ofABackendThatFailedThisCall_goesElsewhere() {
    String known = served(backends, conversation(1, 2));
    assertThat(seat(conversation(1, 2), known).backend().id()).isNotEqualTo(known);
  }

  @Test
  void seat_ofShortPrompts_spreadsThemEvenly() {
    Map<String, Integer> seats = new HashMap<>();
    for (int i = 0; i < 40; i++) {
      seats.merge(seat(Calls.chat("What time is it?")).backend().id(), 1, Integer::sum);
    }
    assertThat(seats.values()).containsOnly(10);
  }

  @Test
  void seat_ofAPromptThatAllKnow_takesTheLeastLoaded() {
    Call call = new Calls().system(SYSTEM.substring(0, 2_048)).user("Hi").build();
    List<Turn> turns = new ArrayList<>();
    for (String[] others : OTHERS) {
      turns.add(seat(call, others));
    }
    turns.get(2).end(Ended.ANSWERED);
    assertThat(why(call)).contains("fewest");
    assertThat(seat(call).backend()).isEqualTo(turns.get(2).backend());
  }

  @Test
  void reload_keepsWhatWasLearnedAndForgetsWhoLeft() {
    String known = served(backends, conversation(1, 2));
    String[] others =
        Stream.of("b0", "b1", "b2", "b3").filter(id -> !id.equals(known)).toArray(String[]::new);
    backends.reload(config("prefix", known, others[0], "c9"));
    assertThat(why(conversation(1, 3))).contains("given the first");
    assertThat(served(backends, conversation(1, 3))).isEqualTo(known);
    backends.reload(config("prefix", others[0], "c9", "c10"));
    assertThat(why(conversation(1, 3)))
        .as("whoever has its slot now does not know what it knew")
        .contains("falls to it");
  }

  @Test
  void balance_leastLoadedAndRoundRobin_areWhatTheySay() {
    var least = new Backends(config(4, "least-loaded"), () -> 0);
    var round = new Backends(config(4, "round-robin"), () -> 0);
    Set<String> met = new HashSet<>();
    for (int i = 0; i < 4; i++) {
      met.add(((Turn) least.seat(pool, Set.of(), Prefix.of(conversation(1, 1)))).backend().id());
    }
    assertThat(met).hasSize(4);
    List<String> order = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      order.add(served(round, conversation(1, 1)));
    }
    assertThat(order).containsExactly("b0", "b1", "b2", "b3", "b0", "b1");
  }
}
