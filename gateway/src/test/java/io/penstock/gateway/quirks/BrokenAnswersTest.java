package io.penstock.gateway.quirks;

import static io.penstock.gateway.quirks.Say.CHAT;
import static io.penstock.gateway.quirks.Say.DONE;
import static io.penstock.gateway.quirks.Say.EVENTS;
import static io.penstock.gateway.quirks.Say.HEL;
import static io.penstock.gateway.quirks.Say.LAST_CHUNK;
import static io.penstock.gateway.quirks.Say.LO;
import static io.penstock.gateway.quirks.Say.ROLE;
import static io.penstock.gateway.quirks.Say.STOP;
import static io.penstock.gateway.quirks.Say.STREAM;
import static io.penstock.gateway.quirks.Say.USAGE;
import static io.penstock.gateway.quirks.Say.WHOLE;
import static org.assertj.core.api.Assertions.assertThat;

import io.penstock.gateway.quirks.ScriptedServer.Script;
import io.penstock.gateway.testing.Shapes;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Answers that are none, or end too early: an error for the client, and never a normal end. */
class BrokenAnswersTest {
  private static ScriptedServer server;
  private static Bed bed;

  @BeforeAll
  static void start() throws Exception {
    server = ScriptedServer.start(Script.always(""));
    bed = Bed.start(Bed.pool("p", "", server.url()));
  }

  @AfterAll
  static void stop() throws Exception {
    bed.close();
    server.close();
  }

  @AfterEach
  void nothingIsHeld() {
    bed.requireSettled();
  }

  private static final String HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
  private static final String CHUNKED = HEAD + "Transfer-Encoding: chunked\r\n\r\n";

  static List<Arguments> none() {
    return List.of(
        Arguments.of("nothing", ""),
        Arguments.of("half a status line", "HTTP/1.1 20"),
        Arguments.of("half a head", "HTTP/1.1 200 OK\r\nContent-Ty"),
        Arguments.of("a head alone", HEAD + "Content-Length: 1000\r\n\r\n"),
        Arguments.of("half a body", HEAD + "Content-Length: 1000\r\n\r\n{\"choices\":"),
        Arguments.of("half a chunk", CHUNKED + "1f4\r\n{\"choices\":"),
        Arguments.of("half a chunk's size", CHUNKED + "1"),
        Arguments.of("all but the last chunk", CHUNKED + Say.chunked(CHAT)),
        Arguments.of("half a body of no known length", HEAD + "\r\n{\"choices\":[{\"ind"),
        Arguments.of("bytes that are no HTTP", "\0\1\2 what is this? \r\n\r\n\3"),
        Arguments.of("a greeting of SSH", "SSH-2.0-OpenSSH_9.6\r\n"),
        Arguments.of("an alert of TLS", "\u0015\u0003\u0001\0\2\2F"),
        Arguments.of("a negative length", HEAD + "Content-Length: -5\r\n\r\n" + CHAT),
        Arguments.of("a wrong chunk size", CHUNKED + "zz\r\n" + CHAT + "\r\n0\r\n\r\n"),
        Arguments.of("a head over all bounds", "HTTP/1.1 200 OK\r\nX: " + "x".repeat(80_000)),
        Arguments.of("an empty body", Say.json(200, "")),
        Arguments.of("a status without a body", "HTTP/1.1 204 No Content\r\n\r\n"),
        Arguments.of("a redirect", Say.answer(302, "Location: http://127.0.0.1:1/\r\n", "")),
        Arguments.of("half of JSON", Say.json(200, "{\"choices\":[")),
        Arguments.of("null", Say.json(200, "null")),
        Arguments.of("an array", Say.json(200, "[1,2]")),
        Arguments.of("another object", Say.json(200, "{\"status\":\"ok\"}")),
        Arguments.of("an error in a 200", Say.json(200, "{\"error\":{\"message\":\"no\"}}")),
        Arguments.of("an error's text in a 200", Say.json(200, "{\"error\":\"no\"}")),
        Arguments.of(
            "a flat error in a 200",
            Say.json(200, "{\"object\":\"error\",\"message\":\"no\",\"code\":500}")),
        Arguments.of(
            "an HTML page",
            Say.answer(200, "Content-Type: text/html\r\n", "<html>It works!</html>")),
        Arguments.of("an answer as text", Say.answer(200, "Content-Type: text/plain\r\n", CHAT)),
        Arguments.of("a switch of protocols", "HTTP/1.1 101 X\r\nUpgrade: h2c\r\n\r\n"),
        Arguments.of("a status of 500 and no text", Say.answer(500, "", "")),
        Arguments.of(
            "a model that is loading",
            Say.json(
                503,
                "{\"error\":{\"message\":\"Loading"
                    + " model\",\"type\":\"unavailable_error\",\"code\":503}}")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("none")
  void whole_isNone_is502(String what, String bytes) throws Exception {
    server.plays(Script.once(bytes));

    requireFailed(bed.ask("p", WHOLE));
  }

  static List<Arguments> noStream() {
    Stream<Arguments> more =
        Stream.of(
            Arguments.of("the head of a stream", EVENTS),
            Arguments.of("an empty stream", EVENTS + LAST_CHUNK),
            Arguments.of("a stream with its end alone", Say.wholeStream(DONE)),
            Arguments.of("a role and no word", Say.wholeStream(ROLE)),
            Arguments.of("a role, a usage and the end", Say.wholeStream(ROLE, USAGE, DONE)),
            Arguments.of("a cut before the first word", Say.stream(ROLE)),
            Arguments.of("comments alone", Say.wholeStream(": hello\n\n", ": again\n\n")),
            Arguments.of("a whole answer", Say.json(200, CHAT)));
    return Stream.concat(none().stream(), more).toList();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("noStream")
  void stream_isNone_is502(String what, String bytes) throws Exception {
    server.plays(Script.once(bytes));

    requireFailed(bed.ask("p", STREAM));
  }

  @Test
  void connection_isResetBeforeTheHead_is502() throws Exception {
    server.plays(wire -> {
      wire.request();
      wire.reset();
    });

    requireFailed(bed.ask("p", WHOLE));
    requireFailed(bed.ask("p", STREAM));
  }

  private static void requireFailed(Bed.Told told) {
    assertThat(told.status()).as(told.text()).isEqualTo(502);
    var error = Shapes.ERROR.check(told.text()).path("error");
    assertThat(error.path("type").asText()).isEqualTo("api_error");
    assertThat(error.path("code").asText()).isEqualTo("upstream_error");
    told.books().requireFailed();
  }

  static List<Arguments> cuts() {
    return List.of(
        Arguments.of("between frames", Say.stream(ROLE, HEL, LO)),
        Arguments.of("inside a frame", Say.stream(ROLE, HEL, LO, STOP.substring(0, 20))),
        Arguments.of("inside a chunk", Say.stream(ROLE, HEL, LO) + "ff\r\ndata: {"),
        Arguments.of("after the finish, unfinished", Say.stream(ROLE, HEL, LO, STOP)),
        Arguments.of("after the usage", Say.stream(ROLE, HEL, LO, STOP, USAGE)),
        Arguments.of(
            "with an end as of HTTP but none of the answer", Say.wholeStream(ROLE, HEL, LO)),
        Arguments.of(
            "without a length",
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + ROLE + HEL + LO),
        Arguments.of("by a wrong chunk", Say.stream(ROLE, HEL, LO) + "zz\r\n"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cuts")
  void stream_isCutAfterItsFirstWord_endsWithAnError(String where, String bytes) throws Exception {
    server.plays(Script.once(bytes));

    requireBroken(bed.ask("p", STREAM));
  }

  @Test
  void stream_isResetAfterItsFirstWord_endsWithAnError() throws Exception {
    // The reset waits until the words have gone through, since it may overtake them.
    var seen = new java.util.concurrent.CountDownLatch(1);
    server.plays(wire -> {
      wire.request();
      wire.send(Say.stream(ROLE, HEL, LO));
      await(seen);
      wire.reset();
    });

    var before = bed.books("p");
    String text;
    try (var client = bed.client()) {
      client.post(Bed.CHAT, Bed.KEY, STREAM);
      assertThat(client.readStatus()).isEqualTo(200);
      client.headers();
      var read = new StringBuilder();
      while (!read.toString().endsWith(LO)) {
        read.append(new String(client.chunk(), java.nio.charset.StandardCharsets.UTF_8));
      }
      seen.countDown();
      for (byte[] chunk = client.chunk(); chunk.length > 0; chunk = client.chunk()) {
        read.append(new String(chunk, java.nio.charset.StandardCharsets.UTF_8));
      }
      text = read.toString();
    }
    bed.requireSettled();
    requireErrorAtEnd(text);
    assertThat(bed.books("p").since(before).broken()).isEqualTo(1);
  }

  private static void await(java.util.concurrent.CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void requireBroken(Bed.Told told) {
    assertThat(told.status()).isEqualTo(200);
    requireErrorAtEnd(told.text());
    assertThat(told.books().failed()).isEqualTo(1);
    assertThat(told.books().broken()).isEqualTo(1);
    assertThat(told.books().answered() + told.books().cancelled()).isZero();
    assertThat(told.books().completionTokens()).isEqualTo(2);
    assertThat(told.books().promptTokens()).isPositive();
  }

  /** What came whole goes on; then one error, and no end as of a whole answer. */
  static void requireErrorAtEnd(String text) {
    assertThat(text).startsWith(ROLE + HEL + LO).endsWith("\n\n").doesNotContain("[DONE]");
    List<String> frames = Arrays.asList(text.split("\n\n"));
    assertThat(frames).filteredOn(frame -> frame.contains("\"error\"")).hasSize(1);
    assertThat(frames.getLast()).startsWith("data: ");
    Shapes.ERROR.check(frames.getLast().substring(6));
  }

  @Test
  void stream_isCutAfterDone_isWhole() throws Exception {
    server.plays(Script.once(Say.stream(ROLE, HEL, LO, STOP, USAGE, DONE)));

    var told = bed.ask("p", STREAM);

    assertThat(told.text()).isEqualTo(ROLE + HEL + LO + STOP + DONE);
    told.books().requireAnswered();
  }

  @Test
  void whole_hasNoLength_endsWithItsConnection() throws Exception {
    server.plays(Script.once(HEAD + "\r\n" + CHAT));

    var told = bed.ask("p", WHOLE);

    assertThat(told.text()).isEqualTo(CHAT);
    told.books().requireAnswered();
  }

  @Test
  void server_speaksHttp10_isUnderstood() throws Exception {
    String head = HEAD.replace("HTTP/1.1", "HTTP/1.0");
    server.plays(Script.once(head + "Content-Length: " + CHAT.length() + "\r\n\r\n" + CHAT));
    for (int i = 0; i < 3; i++) {
      var told = bed.ask("p", WHOLE);
      assertThat(told.text()).isEqualTo(CHAT);
      told.books().requireAnswered();
    }
  }

  @Test
  void whole_hasNoContentType_isTaken() throws Exception {
    server.plays(Script.always(Say.answer(200, "", CHAT)));

    var told = bed.ask("p", WHOLE);

    assertThat(told.text()).isEqualTo(CHAT);
    assertThat(told.answer().header("content-type")).isEqualTo("application/json");
    told.books().requireAnswered();
  }

  @Test
  void interimAnswers_arePassedOver() throws Exception {
    server.plays(
        Script.always(
            "HTTP/1.1 100 Continue\r\n\r\n"
                + "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
                + Say.json(200, CHAT)));

    for (int i = 0; i < 3; i++) {
      var told = bed.ask("p", WHOLE);
      assertThat(told.text()).isEqualTo(CHAT);
      told.books().requireAnswered();
    }
  }

  /** What follows an answer on its connection must not become the answer to the next call. */
  @Test
  void bytesAfterAnAnswer_neverReachAnotherCall() throws Exception {
    String stray = Say.json(200, CHAT.replace("Hello", "stray"));
    server.plays(Script.always(Say.json(200, CHAT) + stray));

    try (var client = bed.client()) {
      for (int i = 0; i < 20; i++) {
        assertThat(client.post(Bed.CHAT, Bed.KEY, WHOLE).read().text()).isEqualTo(CHAT);
      }
      byte[] ask = io.penstock.gateway.testing.RawClient.request(Bed.CHAT, Bed.KEY, WHOLE);
      for (int i = 0; i < 20; i++) {
        client.send(ask);
      }
      for (int i = 0; i < 20; i++) {
        assertThat(client.read().text()).isEqualTo(CHAT);
      }
    }
  }
}
