package io.penstock.gateway.quirks;

import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.admin.Controls;
import io.penstock.gateway.quirks.ScriptedServer.Script;
import io.penstock.gateway.testing.RawClient;
import io.penstock.gateway.testing.Shapes;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Backends that refuse, swallow, load or fall silent: another backend, another pool, an error. */
class FailoverTest {
  private static final String NOWHERE = "http://127.0.0.1:1";
  private static final String WELL = Say.json(200, Say.CHAT);
  private static final String WELL_STREAM =
      Say.wholeStream(Say.ROLE, Say.HEL, Say.LO, Say.STOP, Say.USAGE, Say.DONE);

  private static ScriptedServer bad;
  private static ScriptedServer good;
  private static BlackHole hole;
  private static Bed bed;

  @BeforeAll
  static void start() throws Exception {
    bad = ScriptedServer.start(Script.always(""));
    good = ScriptedServer.start(Script.always(""));
    hole = BlackHole.open();
    String patient = ", breaker: {window: 1000, minimum: 1000}, retries: {least: 1000}";
    String hasty = ", timeouts: {connect: 700ms}";
    bed =
        Bed.start(
            Bed.pool("good", "", good.url()),
            Bed.pool("dead", "", NOWHERE),
            Bed.pool("dead-or-good", "", NOWHERE, good.url()),
            Bed.pool("dead-then-good", ", fallback: [good]", NOWHERE),
            Bed.pool("dead-then-dead", ", fallback: [dead]", NOWHERE),
            Bed.pool("bad-or-good", patient, bad.url(), good.url()),
            Bed.pool("bad-then-good", patient + ", fallback: [good]", bad.url()),
            Bed.pool("hole", hasty, hole.url()),
            Bed.pool("hole-or-good", hasty, hole.url(), good.url()),
            Bed.pool("late", ", timeouts: {first-token: 200ms}", bad.url()),
            Bed.pool("gaps", ", timeouts: {between-tokens: 200ms}", bad.url()),
            Bed.pool("long", ", timeouts: {total: 300ms}", bad.url()),
            Bed.pool("comes-back", ", breaker: {window: 3, minimum: 3}", bad.url()),
            Bed.pool("drained", "", good.url()),
            Bed.pool("drained-then-good", ", fallback: [good]", good.url()));
  }

  @AfterAll
  static void stop() throws Exception {
    bed.close();
    bad.close();
    good.close();
    hole.close();
  }

  @BeforeEach
  void answersWell() throws Exception {
    good.plays(Script.each(wire -> wire.send(WELL)));
  }

  @AfterEach
  void nothingIsHeld() {
    bed.requireSettled();
  }

  private static void requireError(RawClient.Answer answer, int status, String type, String code) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    var error = Shapes.ERROR.check(answer.text()).path("error");
    assertThat(error.path("type").asText()).isEqualTo(type);
    assertThat(error.path("code").asText()).isEqualTo(code);
    if (status == 503) {
      assertThat(answer.header("retry-after")).matches("[1-9]\\d*");
      assertThat(answer.header("retry-after-ms")).matches("[1-9]\\d*");
    }
  }

  @Test
  void backend_refusesConnections_is503() throws Exception {
    for (int i = 0; i < 5; i++) {
      var told = bed.ask("dead", i % 2 == 0 ? Say.WHOLE : Say.STREAM);
      requireError(told.answer(), 503, "overloaded_error", "no_backend");
      told.books().requireFailed();
    }
  }

  @Test
  void backend_refusesConnections_anotherIsAsked() throws Exception {
    long retries = 0;
    for (int i = 0; i < 6; i++) {
      var told = bed.ask("dead-or-good", Say.WHOLE);
      assertThat(told.text()).isEqualTo(Say.CHAT);
      assertThat(told.answer().header("x-penstock-backend")).isEqualTo("dead-or-good-2");
      assertThat(told.answer().header("x-penstock-attempts"))
          .isEqualTo(Long.toString(1 + told.books().retries()));
      told.books().requireAnswered();
      retries += told.books().retries();
    }
    assertThat(retries).isPositive();
  }

  @Test
  void pool_refusesConnections_anotherPoolIsAsked() throws Exception {
    var good = bed.books("good");
    var told = bed.ask("dead-then-good", Say.WHOLE);

    assertThat(told.text()).isEqualTo(Say.CHAT);
    assertThat(told.answer().header("x-penstock-pool")).isEqualTo("good");
    assertThat(told.answer().header("x-penstock-backend")).isEqualTo("good-1");
    assertThat(told.answer().header("x-penstock-attempts")).isEqualTo("2");
    bed.books("good").since(good).requireAnswered();
    assertThat(bed.metric("penstock_fallbacks_total", "from=\"dead-then-good\"", "to=\"good\""))
        .isEqualTo(1);
  }

  @Test
  void everyPool_refusesConnections_is503() throws Exception {
    var dead = bed.books("dead");
    requireError(
        bed.ask("dead-then-dead", Say.STREAM).answer(), 503, "overloaded_error", "no_backend");
    bed.books("dead").since(dead).requireFailed();
  }

  @Test
  void backend_swallowsConnections_anotherIsAskedOrIts503() throws Exception {
    requireError(bed.ask("hole", Say.WHOLE).answer(), 503, "overloaded_error", "no_backend");
    for (int i = 0; i < 2; i++) {
      var told = bed.ask("hole-or-good", Say.WHOLE);
      assertThat(told.text()).isEqualTo(Say.CHAT);
      told.books().requireAnswered();
    }
  }

  static List<Arguments> failures() {
    return List.of(
        Arguments.of("closes", Script.once("")),
        Arguments.of("resets", (Script) FailoverTest::reset),
        Arguments.of("is no HTTP", Script.once("what?\r\n\r\n")),
        Arguments.of(
            "loads its model",
            Script.always(
                Say.json(
                    503,
                    "{\"error\":{\"message\":\"Loading model\",\"type\":\"unavailable_error\","
                        + "\"code\":503}}"))),
        Arguments.of("is broken", Script.always(Say.json(500, "{\"error\":\"CUDA error\"}"))),
        Arguments.of("knows no such key", Script.always(Say.json(401, "{\"error\":\"no\"}"))),
        Arguments.of("serves another model", Script.always(Say.json(404, "{\"error\":\"no\"}"))),
        Arguments.of(
            "answers HTML", Script.always(Say.answer(200, "Content-Type: text/html\r\n", "<"))),
        Arguments.of(
            "answers an error with 200", Script.always(Say.json(200, "{\"error\":\"no\"}"))),
        Arguments.of("answers nothing with 200", Script.always(Say.json(200, ""))),
        Arguments.of("breaks off before a word", Script.once(Say.stream(Say.ROLE))),
        Arguments.of(
            "fails before a word",
            Script.always(
                Say.wholeStream(
                    Say.ROLE, Say.frame("{\"error\":{\"message\":\"no\",\"code\":500}}")))));
  }

  private static void reset(ScriptedServer.Wire wire) throws IOException {
    wire.request();
    wire.reset();
  }

  /** Nothing of the failed attempt shows, be it in a stream or not. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("failures")
  void backend_failsBeforeAWord_anotherIsAsked(String how, Script script) throws Exception {
    bad.plays(script);
    for (var pool : List.of("bad-or-good", "bad-then-good")) {
      var bill = pool.endsWith("-or-good") ? pool : "good";
      for (int i = 0; i < (bill.equals(pool) ? 2 : 1); i++) {
        good.plays(Script.always(WELL));
        var before = bed.books(bill);
        assertThat(bed.ask(pool, Say.WHOLE).text()).isEqualTo(Say.CHAT);
        bed.books(bill).since(before).requireAnswered();

        good.plays(Script.always(WELL_STREAM));
        before = bed.books(bill);
        assertThat(bed.ask(pool, Say.STREAM).text())
            .isEqualTo(Say.ROLE + Say.HEL + Say.LO + Say.STOP + Say.DONE);
        bed.books(bill).since(before).requireAnswered();
      }
    }
    assertThat(bad.requests()).isNotEmpty();
  }

  /** Another backend's words after some of the first one's would be a lie. */
  @Test
  void backend_failsAfterAWord_noOtherIsAsked() throws Exception {
    bad.plays(Script.once(Say.stream(Say.ROLE, Say.HEL, Say.LO)));
    good.plays(Script.always(WELL_STREAM));

    var told = bed.ask("bad-then-good", Say.STREAM);

    BrokenAnswersTest.requireErrorAtEnd(told.text());
    assertThat(good.requests()).isEmpty();
    assertThat(told.books().broken()).isEqualTo(1);
  }

  /** What a client did wrong would be as wrong elsewhere. */
  @Test
  void clientsFault_isNotAskedElsewhere() throws Exception {
    for (int status : new int[] {400, 413, 422}) {
      bad.plays(Script.always(Say.json(status, "{\"error\":{\"message\":\"no\"}}")));

      assertThat(bed.ask("bad-then-good", Say.WHOLE).status()).isEqualTo(status);

      assertThat(good.requests()).isEmpty();
      assertThat(bad.requests()).hasSize(1);
    }
  }

  @Test
  void allBackends_areDrained_is503_orAnotherPoolIsAsked() throws Exception {
    var controls = bed.gateway().controls();
    for (var pool : List.of("drained", "drained-then-good")) {
      assertThat(controls.drain(pool, pool + "-1", Controls.Draining.DRAIN)).isTrue();
    }

    var told = bed.ask("drained", Say.WHOLE);
    requireError(told.answer(), 503, "overloaded_error", "no_backend");
    assertThat(told.books().refused()).isEqualTo(1);
    var other = bed.ask("drained-then-good", Say.WHOLE);
    assertThat(other.text()).isEqualTo(Say.CHAT);
    assertThat(other.answer().header("x-penstock-pool")).isEqualTo("good");

    assertThat(controls.drain("drained", "drained-1", Controls.Draining.UNDRAIN)).isTrue();
    assertThat(bed.ask("drained", Say.WHOLE).text()).isEqualTo(Say.CHAT);
  }

  static List<Arguments> silences() {
    return List.of(
        Arguments.of("before its head", ""),
        Arguments.of("after half a head", "HTTP/1.1 200 OK\r\nConte"),
        Arguments.of("after a stream's head", Say.EVENTS),
        Arguments.of("after a role", Say.stream(Say.ROLE)),
        Arguments.of("after comments", Say.stream(": 1\n\n", ": 2\n\n")),
        Arguments.of("in its first word", Say.stream(Say.ROLE, Say.HEL.substring(0, 30))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("silences")
  void stream_fallsSilentBeforeItsFirstWord_is504(String when, String bytes) throws Exception {
    bad.plays(Script.hanging(bytes));

    var told = bed.ask("late", Say.STREAM);

    requireError(told.answer(), 504, "api_error", "upstream_timeout");
    told.books().requireFailed();
    io.penstock.gateway.testing.TestBed.await(() -> bad.gone() == 1);
  }

  @Test
  void whole_staysOut_is504() throws Exception {
    for (var bytes :
        List.of(
            "", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n")) {
      bad.plays(Script.hanging(bytes));
      var told = bed.ask("late", Say.WHOLE);
      requireError(told.answer(), 504, "api_error", "upstream_timeout");
      told.books().requireFailed();
      io.penstock.gateway.testing.TestBed.await(() -> bad.gone() == 1);
    }
  }

  @Test
  void whole_fallsSilentMidway_is504() throws Exception {
    bad.plays(Script.hanging(WELL.substring(0, WELL.length() - 30)));
    for (var pool : List.of("gaps", "long")) {
      var told = bed.ask(pool, Say.WHOLE);
      requireError(told.answer(), 504, "api_error", "upstream_timeout");
      told.books().requireFailed();
    }
  }

  @Test
  void stream_fallsSilentMidway_endsWithAnError() throws Exception {
    for (var pool : List.of("gaps", "long")) {
      bad.plays(Script.hanging(Say.stream(Say.ROLE, Say.HEL, Say.LO)));

      var told = bed.ask(pool, Say.STREAM);

      assertThat(told.status()).isEqualTo(200);
      BrokenAnswersTest.requireErrorAtEnd(told.text());
      assertThat(told.books().broken()).isEqualTo(1);
      assertThat(told.books().failed()).isEqualTo(1);
      assertThat(told.books().completionTokens()).isEqualTo(2);
      io.penstock.gateway.testing.TestBed.await(() -> bad.gone() == 1);
    }
  }

  /** The client's own deadline, over any time-out of the pool's. */
  @Test
  void deadline_ofTheClient_is504() throws Exception {
    bad.plays(Script.hanging(""));
    try (var client = bed.client()) {
      client.post(
          Bed.CHAT, Bed.KEY, Say.STREAM, "x-penstock-pool: gaps", "x-penstock-deadline-ms: 150");
      requireError(client.read(), 504, "api_error", "upstream_timeout");
    }
  }

  /** A server that was away and is back is asked again. */
  @Test
  void backend_comesBack_isAskedAgain() throws Exception {
    var calls = new AtomicInteger();
    bad.plays(Script.once(""));
    for (int i = 0; i < 4; i++) {
      assertThat(bed.ask("comes-back", Say.WHOLE).status()).isEqualTo(502);
    }
    assertThat(bed.metric("penstock_backend_up", "pool=\"comes-back\"")).isZero();
    bad.plays(
        Script.each(wire -> {
          calls.incrementAndGet();
          wire.send(WELL);
        }));

    // The last backend of a pool is never left out.
    assertThat(bed.ask("comes-back", Say.WHOLE).text()).isEqualTo(Say.CHAT);
    assertThat(bed.metric("penstock_backend_up", "pool=\"comes-back\"")).isEqualTo(1);
    assertThat(calls).hasValue(1);
  }
}
