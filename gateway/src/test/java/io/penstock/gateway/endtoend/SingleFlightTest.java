package io.penstock.gateway.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.quirks.Bed;
import io.penstock.gateway.quirks.Say;
import io.penstock.gateway.quirks.ScriptedServer;
import io.penstock.gateway.quirks.ScriptedServer.Script;
import io.penstock.gateway.quirks.ScriptedServer.Wire;
import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.TestBed;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Equal questions in flight share one call to a model server. */
class SingleFlightTest {
  private static final String CACHE = "x-penstock-cache";
  private static final int CLIENTS = 64;

  /** Less than the disk may hold of answers, and much more than memory may. */
  private static final int MUCH_BYTES = 12 << 20;

  private static ScriptedServer server;
  private static Bed bed;
  private static int questions;

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch gate = new CountDownLatch(1);
  private String question;
  private double coalesced;
  private Bed.Books before;

  @BeforeAll
  static void start() throws Exception {
    server = ScriptedServer.start(Script.always(Say.json(200, Say.CHAT)));
    bed = Bed.start(Bed.pool("p", "", server.url()) + "\ncache: {memory: 16MiB}");
  }

  @AfterAll
  static void stop() throws Exception {
    bed.close();
    server.close();
  }

  @BeforeEach
  void anew() {
    question =
        "{\"temperature\":0,\"messages\":[{\"role\":\"user\",\"content\":\"flight "
            + questions++
            + "\"}]";
    coalesced = coalesced();
    before = bed.books("p");
  }

  @AfterEach
  void settle() {
    gate.countDown();
    threads.close();
    bed.requireSettled();
  }

  private static double coalesced() {
    return bed.metric("penstock_cache_lookups_total", "result=\"coalesced\"");
  }

  private String stream() {
    return question + ",\"stream\":true}";
  }

  private void untilFollowed(int followers) {
    TestBed.await(() -> coalesced() - coalesced >= followers);
  }

  /** A script step that waits until the test lets it go on. */
  private void pause() {
    try {
      assertThat(gate.await(60, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private Script slowStream() {
    return Script.each(wire -> {
      wire.send(Say.stream(Say.ROLE, Say.HEL));
      pause();
      rest(wire);
    });
  }

  private static void rest(Wire wire) throws IOException {
    wire.send(
        Say.chunked(Say.LO)
            + Say.chunked(Say.STOP)
            + Say.chunked(Say.USAGE)
            + Say.chunked(Say.DONE)
            + Say.LAST_CHUNK);
  }

  private static String all() {
    return Say.ROLE + Say.HEL + Say.LO + Say.STOP + Say.DONE;
  }

  private static RawClient.Answer ask(String body) throws IOException {
    try (var client = bed.client()) {
      return client.post(Bed.CHAT, Bed.KEY, body).read();
    }
  }

  private List<Future<RawClient.Answer>> askTogether(int clients, String body) {
    List<Future<RawClient.Answer>> answers = new ArrayList<>();
    Callable<RawClient.Answer> asking = () -> ask(body);
    for (int i = 0; i < clients; i++) {
      answers.add(threads.submit(asking));
    }
    return answers;
  }

  private static List<RawClient.Answer> get(List<Future<RawClient.Answer>> answers)
      throws Exception {
    List<RawClient.Answer> all = new ArrayList<>();
    for (var answer : answers) {
      all.add(answer.get(60, TimeUnit.SECONDS));
    }
    return all;
  }

  /** One that leads, with the head of its stream read. */
  private RawClient leader() throws IOException {
    RawClient leader = bed.client();
    leader.post(Bed.CHAT, Bed.KEY, stream());
    assertThat(leader.readStatus()).isEqualTo(200);
    assertThat(leader.headers()).containsEntry(CACHE, "miss");
    return leader;
  }

  @Test
  void streams_askedTogether_areOneCallAndTheSameBytes() throws Exception {
    server.plays(slowStream());

    var asked = askTogether(CLIENTS, stream());
    untilFollowed(CLIENTS - 1);
    gate.countDown();
    var answers = get(asked);
    bed.requireSettled();

    assertThat(answers).allSatisfy(answer -> assertThat(answer.text()).isEqualTo(all()));
    assertThat(answers.stream().map(answer -> answer.header(CACHE)))
        .containsOnlyOnce("miss")
        .containsOnly("miss", "coalesced");
    assertThat(server.requests()).hasSize(1);
    Bed.Books books = bed.books("p");
    assertThat(books.answered() - before.answered()).isEqualTo(CLIENTS);
    assertThat(books.promptTokens() - before.promptTokens()).isEqualTo(7);
    assertThat(books.completionTokens() - before.completionTokens()).isEqualTo(2);
    assertThat(ask(stream()).header(CACHE)).isEqualTo("hit");
  }

  @Test
  void wholes_askedTogether_areOneCall() throws Exception {
    server.plays(
        Script.each(wire -> {
          pause();
          wire.send(Say.json(200, Say.CHAT));
        }));

    var asked = askTogether(CLIENTS, question + "}");
    untilFollowed(CLIENTS - 1);
    gate.countDown();
    var answers = get(asked);

    assertThat(answers).allSatisfy(answer -> assertThat(answer.text()).isEqualTo(Say.CHAT));
    assertThat(server.requests()).hasSize(1);
    assertThat(answers.stream().map(answer -> answer.header("x-penstock-cost-usd")))
        .containsOnlyOnce("0.000110");
  }

  @Test
  void lateJoiner_hasWhatHasComeSoFar_beforeTheRest() throws Exception {
    server.plays(slowStream());
    try (var leader = leader();
        var late = bed.client()) {
      late.post(Bed.CHAT, Bed.KEY, stream());
      assertThat(late.readStatus()).isEqualTo(200);
      assertThat(late.headers()).containsEntry(CACHE, "coalesced");
      var begun = new String(late.chunk(), java.nio.charset.StandardCharsets.UTF_8);
      assertThat(Say.ROLE + Say.HEL).startsWith(begun);
      gate.countDown();
      assertThat(leader.chunk()).isNotEmpty();
    }
  }

  @Test
  void leader_whoLeaves_stopsNobodyAndPays() throws Exception {
    server.plays(slowStream());
    List<Future<RawClient.Answer>> asked;
    try (var leader = leader()) {
      asked = askTogether(4, stream());
      untilFollowed(4);
    }
    get(askTogether(16, "{}"));
    gate.countDown();

    assertThat(get(asked)).allSatisfy(answer -> assertThat(answer.text()).isEqualTo(all()));
    bed.requireSettled();
    Bed.Books books = bed.books("p");
    assertThat(server.requests()).hasSize(1);
    assertThat(books.answered() - before.answered()).isBetween(4L, 5L);
    assertThat(books.answered() - before.answered() + books.cancelled() - before.cancelled())
        .isEqualTo(5);
    assertThat(books.completionTokens() - before.completionTokens()).isEqualTo(2);
    assertThat(ask(stream()).header(CACHE)).isEqualTo("hit");
  }

  @Test
  void lastOne_whoLeaves_endsTheCall() throws Exception {
    server.plays(wire -> {
      wire.request();
      wire.send(Say.stream(Say.ROLE, Say.HEL));
      wire.untilGone();
    });
    try (var leader = leader();
        var follower = bed.client()) {
      follower.post(Bed.CHAT, Bed.KEY, stream());
      assertThat(follower.readStatus()).isEqualTo(200);
      untilFollowed(1);
      leader.close();
      follower.close();
    }

    TestBed.await(() -> server.gone() == 1);
    bed.requireSettled();
    Bed.Books books = bed.books("p");
    assertThat(books.cancelled() - before.cancelled()).isEqualTo(2);
    assertThat(books.promptTokens() - before.promptTokens()).isPositive();
    assertThat(books.completionTokens() - before.completionTokens()).isEqualTo(1);
  }

  @Test
  void leader_whoFails_leavesTheOthersOneFreshCall() throws Exception {
    server.plays(
        Script.each(wire -> {
          pause();
          wire.send(Say.json(server.requests().size() == 1 ? 500 : 200, Say.CHAT));
        }));

    var asked = askTogether(CLIENTS, question + "}");
    untilFollowed(CLIENTS - 1);
    gate.countDown();
    var answers = get(asked);

    assertThat(answers.stream().filter(answer -> answer.status() == 502)).hasSize(1);
    assertThat(answers.stream().filter(answer -> answer.text().equals(Say.CHAT)))
        .hasSize(CLIENTS - 1);
    assertThat(server.requests()).hasSize(2);
  }

  @Test
  void server_thatFailsTwice_isToldToAll() throws Exception {
    server.plays(
        Script.each(wire -> {
          pause();
          wire.send(Say.json(500, "{}"));
        }));

    var asked = askTogether(8, question + "}");
    untilFollowed(7);
    gate.countDown();

    assertThat(get(asked)).allSatisfy(answer -> assertThat(answer.status()).isEqualTo(502));
    assertThat(server.requests().size()).isBetween(2, 8);
  }

  @Test
  void clientsFault_isToldToAll() throws Exception {
    server.plays(
        Script.each(wire -> {
          pause();
          wire.send(Say.json(400, "{\"error\":{\"message\":\"no such thing\"}}"));
        }));

    var asked = askTogether(8, question + "}");
    untilFollowed(7);
    gate.countDown();

    assertThat(get(asked))
        .allSatisfy(answer -> assertThat(answer.text()).contains("no such thing"));
  }

  @Test
  void stream_thatBreaks_breaksForAllWhoHaveAPart() throws Exception {
    server.plays(wire -> {
      wire.request();
      wire.send(Say.stream(Say.ROLE, Say.HEL));
      pause();
    });
    try (var follower = bed.client();
        var _ = leader()) {
      follower.post(Bed.CHAT, Bed.KEY, stream());
      assertThat(follower.readStatus()).isEqualTo(200);
      follower.headers();
      follower.chunk();
      gate.countDown();
      assertThat(new String(follower.chunk(), java.nio.charset.StandardCharsets.UTF_8))
          .contains("upstream_error");
    }
  }

  /** Frames of 8 KiB until there are as many bytes. */
  private static void flood(Wire wire, int bytes) throws IOException {
    String frame = Say.chunked(Say.chunk("{\"content\":\"" + "x".repeat(8_000) + "\"}", "null"));
    for (int sent = 0; sent < bytes; sent += frame.length()) {
      wire.send(frame);
    }
    rest(wire);
  }

  private Script flooding(int bytes) {
    return Script.each(wire -> {
      wire.send(Say.stream(Say.ROLE, Say.HEL));
      pause();
      flood(wire, bytes);
    });
  }

  @Test
  void slowReader_ofAnAnswerWithinTheBound_hasAllOfItInTheEnd() throws Exception {
    server.plays(flooding(1 << 20));
    try (var slow = new RawClient(bed.gateway().port(), 4096)) {
      var fast = askTogether(1, stream());
      TestBed.await(() -> server.requests().size() == 1);
      slow.post(Bed.CHAT, Bed.KEY, stream());
      untilFollowed(1);
      gate.countDown();

      String whole = get(fast).getFirst().text();

      assertThat(whole).endsWith(Say.DONE);
      assertThat(slow.read().text()).isEqualTo(whole);
    }
  }

  /** Without printing megabytes where they differ. */
  private static void requireSame(String text, String whole) {
    int at = Arrays.mismatch(text.toCharArray(), whole.toCharArray());
    if (at >= 0) {
      int from = Math.max(0, at - 100);
      String here = text.substring(from, Math.min(text.length(), at + 100));
      assertThat(here)
          .as("from %d on, of %d and %d", from, text.length(), whole.length())
          .isEqualTo(whole.substring(from, Math.min(whole.length(), at + 100)));
    }
  }

  /** Far more than memory may hold of it: what only the slow have not read goes to disk. */
  @Test
  void slowReader_ofAnAnswerBeyondTheBound_stopsNobody_andHasAllOfItInTheEnd() throws Exception {
    server.plays(flooding(MUCH_BYTES));
    try (var slow = new RawClient(bed.gateway().port(), 4096)) {
      var fast = askTogether(3, stream());
      TestBed.await(() -> server.requests().size() == 1);
      slow.post(Bed.CHAT, Bed.KEY, stream());
      untilFollowed(3);
      gate.countDown();

      String whole = get(fast).getFirst().text();

      assertThat(whole.endsWith(Say.DONE)).isTrue();
      requireSame(slow.read().text(), whole);
    }
  }

  @Test
  void slowLeader_stopsNobody_andHasAllOfItInTheEnd() throws Exception {
    server.plays(flooding(MUCH_BYTES));
    try (var slow = new RawClient(bed.gateway().port(), 4096)) {
      slow.post(Bed.CHAT, Bed.KEY, stream());
      TestBed.await(() -> server.requests().size() == 1);
      var fast = askTogether(2, stream());
      untilFollowed(2);
      gate.countDown();

      String whole = get(fast).getFirst().text();

      assertThat(whole.endsWith(Say.DONE)).isTrue();
      requireSame(slow.read().text(), whole);
    }
  }

  /** A disk that is full leaves the bound of before. */
  @Test
  void slowReader_ofAnAnswerThatNeitherMemoryNorDiskCanHold_stopsNobody_andIsGivenUp()
      throws Exception {
    server.plays(flooding(3 * MUCH_BYTES));
    try (var slow = new RawClient(bed.gateway().port(), 4096)) {
      var fast = askTogether(3, stream());
      TestBed.await(() -> server.requests().size() == 1);
      slow.post(Bed.CHAT, Bed.KEY, stream());
      untilFollowed(3);
      gate.countDown();

      // Of those who read, one that a busy machine held up may have fallen behind as well.
      assertThat(get(fast).stream().filter(answer -> answer.text().endsWith(Say.DONE)).count())
          .isPositive();
      String part = slow.read().text();
      assertThat(part.contains("read too slowly") && !part.contains("[DONE]")).isTrue();
    }
  }

  @Test
  void oneSlowReader_alone_isWaitedFor() throws Exception {
    server.plays(flooding(16 << 20));
    gate.countDown();
    try (var slow = new RawClient(bed.gateway().port(), 4096)) {
      slow.post(Bed.CHAT, Bed.KEY, stream());

      assertThat(slow.read().text().endsWith(Say.DONE)).isTrue();
    }
  }
}
