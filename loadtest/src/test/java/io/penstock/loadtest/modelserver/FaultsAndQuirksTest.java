package io.penstock.loadtest.modelserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.penstock.loadtest.modelserver.Fault.Kind;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FaultsAndQuirksTest {
  private static final String CHAT = "/v1/chat/completions";
  private static final String WHOLE =
      "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_tokens\":9,\"ignore_eos\":true}";
  private static final String STREAM =
      WHOLE.replace("}]", "}],\"stream\":true,\"stream_options\":{\"include_usage\":true}");
  private static final double GLACIAL = 1e-6;

  @RegisterExtension final Servers servers = new Servers();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "error=0.1",
        "status=429",
        "status=503:0.2",
        "hang-before-first-token",
        "hang-mid-stream=0.5",
        "cut-mid-stream=0.05",
        "slow=10x",
        "refuse",
        "reset",
        "garbage",
        "garbage-body",
        "wrong-content-type",
        "200-with-error-body",
        "error-in-stream"
      })
  void parse_everyForm_isTaken(String spec) {
    assertThat(Fault.help()).anyMatch(line -> line.startsWith(spec.split("=")[0]));
    assertThat(Fault.parse(spec).probability()).isBetween(0d, 1d);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "eror=1",
        "error=2",
        "error=x",
        "status=200",
        "status=",
        "slow=-1x",
        "refuse=1"
      })
  void parse_unknownForm_namesThoseThereAre(String spec) {
    assertThatThrownBy(() -> Fault.parse(spec))
        .hasMessageContaining("no fault '" + spec + "'")
        .hasMessageContaining("cut-mid-stream[=P]");
  }

  @Test
  void status_withProbability_strikesThatShare() throws Exception {
    var server = servers.start(Servers.fast().withFaults(Fault.parse("status=429:0.3")));
    int struck = 0;
    for (int i = 0; i < 200; i++) {
      struck += servers.post(server, CHAT, WHOLE).statusCode() == 429 ? 1 : 0;
    }
    assertThat(struck).isBetween(30, 90);
  }

  @Test
  void faults_set_holdFromThenOn() throws Exception {
    var server = servers.start(Servers.fast());
    assertThat(servers.post(server, CHAT, WHOLE).statusCode()).isEqualTo(200);
    Servers.done(server.faults(List.of(Fault.status(503))));
    var response = servers.post(server, CHAT, WHOLE);
    assertThat(response.statusCode()).isEqualTo(503);
    assertThat(response.headers().firstValue("retry-after")).isPresent();
    assertThat(servers.get(server, "/health").statusCode()).isEqualTo(200);
  }

  @Test
  @Timeout(30)
  void refuse_closesThePortUntilItIsLifted() throws Exception {
    var server = servers.start(Servers.fast().withFaults(Fault.parse("refuse")));
    while (accepts(server)) {
      Thread.onSpinWait();
    }
    Servers.done(server.faults(List.of()));
    assertThat(servers.get(server, "/health").statusCode()).isEqualTo(200);
  }

  /** The kernel closes a listening socket a moment after its owner did. */
  private static boolean accepts(ModelServer server) throws Exception {
    try (var wire = new Wire(server)) {
      return true;
    } catch (ConnectException refused) {
      return false;
    }
  }

  @Test
  void reset_comesBeforeAnyByte() throws Exception {
    try (var wire = new Wire(servers.start(Servers.fast().withFaults(Fault.parse("reset"))))) {
      wire.post(CHAT, WHOLE);
      assertThatThrownBy(wire::next).isInstanceOf(SocketException.class);
    }
  }

  @Test
  void garbage_isNotHttp() throws Exception {
    try (var wire = new Wire(servers.start(Servers.fast().withFaults(Fault.parse("garbage"))))) {
      wire.post(CHAT, WHOLE);
      assertThat(wire.rest()).isNotEmpty().doesNotStartWith("HTTP");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"garbage-body", "wrong-content-type", "200-with-error-body"})
  void wrongBody_is200(String spec) throws Exception {
    var response =
        servers.post(servers.start(Servers.fast().withFaults(Fault.parse(spec))), CHAT, STREAM);
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).doesNotContain("chat.completion").doesNotContain("[DONE]");
  }

  @Test
  void cutMidStream_endsBetweenFirstAndLastToken() throws Exception {
    try (var wire =
        new Wire(servers.start(Servers.fast().withFaults(Fault.parse("cut-mid-stream"))))) {
      wire.post(CHAT, STREAM);
      String answer = wire.rest();
      assertThat(answer)
          .contains("\"content\":\"")
          .doesNotContain("[DONE]")
          .doesNotEndWith("0\r\n\r\n");
    }
  }

  @Test
  void cutMidStream_whole_isShorterThanAnnounced() throws Exception {
    try (var wire =
        new Wire(servers.start(Servers.fast().withFaults(Fault.parse("cut-mid-stream"))))) {
      wire.post(CHAT, WHOLE);
      String answer = wire.rest();
      int announced = Integer.parseInt(answer.split("content-length: ")[1].split("\r")[0]);
      assertThat(answer.substring(answer.indexOf("\r\n\r\n") + 4).length())
          .isPositive()
          .isLessThan(announced);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"hang-before-first-token", "hang-mid-stream"})
  void hang_holdsAPlaceUntilTheClientLeaves(String spec) throws Exception {
    var server = servers.start(Servers.fast().withFaults(Fault.parse(spec)));
    try (var wire = new Wire(server)) {
      wire.post(CHAT, STREAM);
      await(() -> server.stats().running() == 1);
      assertThat(server.stats().aborted()).isZero();
    }
    await(() -> server.stats().aborted() == 1);
    assertThat(server.stats().running()).isZero();
    assertThat(server.stats().lastAbortNanos()).isNotZero();
  }

  @Test
  void errorInStream_comesAfterTokens() throws Exception {
    var response =
        servers.post(
            servers.start(Servers.fast().withFaults(Fault.parse("error-in-stream"))), CHAT, STREAM);
    var events = Servers.events(response.body());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(Servers.text(events.subList(0, events.size() - 1), 0)).isNotEmpty();
    assertThat(events.getLast().getJsonObject("error").getInteger("code")).isEqualTo(500);
  }

  @Test
  void slow_stretchesTheStepsOfTheEngine() {
    var dice = new Api.FaultDice(1, List.of(Fault.parse("slow=10x"), Fault.parse("slow=2")));
    assertThat(dice.slowness()).isEqualTo(20);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void clientLeaves_freesItsSlot(boolean resets) throws Exception {
    var server = servers.start(Servers.fast().withSpeed(GLACIAL));
    var wire = new Wire(server);
    wire.post(CHAT, STREAM);
    await(() -> server.stats().running() == 1);
    if (resets) {
      wire.reset();
    } else {
      wire.close();
    }
    await(() -> server.stats().aborted() == 1 && server.stats().running() == 0);
    assertThat(servers.get(server, "/metrics").body()).contains("finished_reason=\"abort\"} 1.0");
  }

  @Test
  void clientLeaves_whileWaiting_leavesTheQueue() throws Exception {
    var server = servers.start(Servers.fast().withSpeed(GLACIAL).withMaxSequences(1));
    try (var wire = new Wire(server)) {
      wire.post(CHAT, WHOLE);
      await(() -> server.stats().running() == 1);
      try (var waiting = new Wire(server)) {
        waiting.post(CHAT, WHOLE);
        await(() -> server.stats().waiting() == 1);
      }
      await(() -> server.stats().waiting() == 0);
      assertThat(server.stats().running()).isEqualTo(1);
    }
  }

  @Test
  void closeAfterStream_announcesKeepAliveAndCloses() throws Exception {
    try (var wire = wire(Quirk.CLOSE_AFTER_STREAM)) {
      wire.post(CHAT, STREAM);
      assertThat(wire.rest())
          .contains("Keep-Alive: timeout=5, max=100")
          .doesNotContain("connection: close")
          .endsWith("0\r\n\r\n");
    }
  }

  @Test
  void closeAfterStream_whole_keepsTheConnection() throws Exception {
    try (var wire = wire(Quirk.CLOSE_AFTER_STREAM)) {
      wire.post(CHAT, WHOLE);
      wire.until("kv_transfer_params\":null}");
      wire.send("GET /version HTTP/1.1\r\nhost: x\r\n\r\n");
      assertThat(wire.until("\"version\"")).contains("200 OK");
    }
  }

  @Test
  void earlyHeaders_comeLongBeforeTheFirstToken() throws Exception {
    try (var wire =
        new Wire(
            servers.start(Servers.fast().withSpeed(GLACIAL).withQuirks(Quirk.EARLY_HEADERS)))) {
      wire.post(CHAT, STREAM);
      assertThat(wire.until("\r\n\r\n"))
          .startsWith("HTTP/1.1 200 OK")
          .contains("text/event-stream");
    }
  }

  @Test
  void twoEventsPerChunk_loseNone() throws Exception {
    try (var wire = wire(Quirk.TWO_EVENTS_PER_CHUNK)) {
      wire.post(CHAT, STREAM);
      var chunks = Wire.chunks(wire.until("\r\n0\r\n\r\n"));
      assertThat(chunks.getFirst().split("\n\n")).hasSize(2);
      assertThat(Servers.events(String.join("", chunks))).hasSize(11);
      assertThat(String.join("", chunks)).endsWith("data: [DONE]\n\n");
    }
  }

  @Test
  void usageWithChoices_comesInTheLastFrame() throws Exception {
    var events =
        Servers.events(
            servers
                .post(
                    servers.start(Servers.fast().withQuirks(Quirk.USAGE_WITH_CHOICES)),
                    CHAT,
                    STREAM)
                .body());
    assertThat(events.getLast().getJsonArray("choices")).hasSize(1);
    assertThat(events.getLast().getJsonObject("usage").getInteger("completion_tokens"))
        .isEqualTo(9);
    assertThat(events.get(events.size() - 2).containsKey("usage")).isFalse();
  }

  @Test
  void usagePerChoice_isOneFrameEach() throws Exception {
    var server = servers.start(Servers.fast().withQuirks(Quirk.USAGE_PER_CHOICE));
    var events =
        Servers.events(servers.post(server, CHAT, STREAM.replace("}]", "}],\"n\":2")).body());
    assertThat(events.subList(events.size() - 2, events.size()))
        .allSatisfy(event ->
            assertThat(event.getJsonObject("usage").getInteger("completion_tokens")).isEqualTo(9));
    var whole =
        new JsonObject(servers.post(server, CHAT, WHOLE.replace("}]", "}],\"n\":2")).body());
    assertThat(whole.getJsonObject("usage").getInteger("completion_tokens")).isEqualTo(9);
  }

  @Test
  void clientFault500_isTheServersFault() throws Exception {
    var response =
        servers.post(
            servers.start(Servers.fast().withQuirks(Quirk.CLIENT_FAULT_500)), CHAT, "{\"mess");
    assertThat(response.statusCode()).isEqualTo(500);
    assertThat(response.body()).contains("[json.exception");
  }

  @Test
  void errorShapes_areAsTheQuirkSays() throws Exception {
    var plain = servers.start(Servers.fast().withQuirks(Quirk.INTEGER_ERROR_CODE));
    var flat = servers.start(Servers.fast().withQuirks(Quirk.FLAT_ERROR));
    assertThat(
            new JsonObject(servers.post(plain, CHAT, "{}").body())
                .getJsonObject("error")
                .fieldNames())
        .containsExactly("code", "message", "type");
    assertThat(new JsonObject(servers.post(flat, CHAT, "{}").body()).fieldNames())
        .containsExactly("object", "message", "type", "param", "code");
  }

  @Test
  void anyModelAccepted_answersWithItsOwnName() throws Exception {
    var server = servers.start(Servers.fast().withQuirks(Quirk.ANY_MODEL_ACCEPTED));
    var response =
        servers.post(server, CHAT, WHOLE.replace("{\"mess", "{\"model\":\"other\",\"mess"));
    assertThat(new JsonObject(response.body()).getString("model")).isEqualTo("llama-2-7b");
  }

  @Test
  void crlfFrames_endEveryLineWithBoth() throws Exception {
    String body =
        servers
            .post(servers.start(Servers.fast().withQuirks(Quirk.CRLF_FRAMES)), CHAT, STREAM)
            .body();
    assertThat(body.replace("\r\n", "")).doesNotContain("\n");
    assertThat(Servers.events(body)).hasSize(11);
  }

  @Test
  void sseComments_comeBetweenTheEvents() throws Exception {
    String body =
        servers
            .post(servers.start(Servers.fast().withQuirks(Quirk.SSE_COMMENTS)), CHAT, STREAM)
            .body();
    assertThat(body).startsWith(":\n\ndata: ").contains("\n\n:\n\ndata: ");
    assertThat(Servers.events(body)).hasSize(11);
  }

  @Test
  void splitEveryByte_isTheSameAnswer() throws Exception {
    var split = servers.start(Servers.fast().withQuirks(Quirk.SPLIT_EVERY_BYTE));
    String body = servers.post(split, CHAT, STREAM).body();
    String expected = servers.post(servers.start(Servers.fast()), CHAT, STREAM).body();
    assertThat(Servers.text(Servers.events(body), 0))
        .isEqualTo(Servers.text(Servers.events(expected), 0));
  }

  @Test
  void noDone_endsWithoutIt() throws Exception {
    String body =
        servers.post(servers.start(Servers.fast().withQuirks(Quirk.NO_DONE)), CHAT, STREAM).body();
    assertThat(body).doesNotContain("[DONE]").endsWith("}\n\n");
  }

  @Test
  void noUsage_isNeverSentInStreams() throws Exception {
    assertThat(
            servers
                .post(servers.start(Servers.fast().withQuirks(Quirk.NO_USAGE)), CHAT, STREAM)
                .body())
        .doesNotContain("usage");
  }

  @Test
  void keepalive5s_closesWhenIdle() throws Exception {
    try (var wire = wire(Quirk.KEEPALIVE_5S)) {
      wire.send("GET /version HTTP/1.1\r\nhost: x\r\n\r\n");
      assertThat(wire.rest()).contains("200 OK");
    }
  }

  @Test
  void pipelined_areAnsweredInOrder() throws Exception {
    try (var wire = new Wire(servers.start(Servers.fast()))) {
      wire.send(
          "GET /version HTTP/1.1\r\n"
              + "host: x\r\n\r\n"
              + "GET /nowhere HTTP/1.1\r\n"
              + "host: x\r\n"
              + "connection: close\r\n\r\n");
      assertThat(wire.rest()).matches("(?s)HTTP/1.1 200 .*HTTP/1.1 404 .*");
    }
  }

  @Test
  void expectContinue_isAnsweredBeforeTheBody() throws Exception {
    try (var wire = new Wire(servers.start(Servers.fast()))) {
      wire.send(
          "POST "
              + CHAT
              + " HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: "
              + WHOLE.length()
              + "\r\n\r\n");
      assertThat(wire.until("\r\n\r\n")).startsWith("HTTP/1.1 100 Continue");
      wire.send(WHOLE);
      assertThat(wire.until("kv_transfer_params")).contains("HTTP/1.1 200 OK");
    }
  }

  @Test
  void chunkedBody_isRead() throws Exception {
    try (var wire = new Wire(servers.start(Servers.fast()))) {
      wire.send("POST " + CHAT + " HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
      for (int i = 0; i < WHOLE.length(); i++) {
        wire.send("1\r\n" + WHOLE.charAt(i) + "\r\n");
      }
      wire.send("0\r\n\r\n");
      assertThat(wire.until("kv_transfer_params")).contains("HTTP/1.1 200 OK");
    }
  }

  @Test
  void notHttp_isRefused() throws Exception {
    try (var wire = new Wire(servers.start(Servers.fast()))) {
      wire.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
      assertThat(wire.rest()).startsWith("HTTP/1.1 400 Bad Request");
    }
  }

  @Test
  void everyKindOfFault_hasItsLineOfHelp() {
    assertThat(Fault.help()).hasSize(Kind.values().length);
  }

  private Wire wire(Quirk quirk) throws IOException {
    return new Wire(servers.start(Servers.fast().withQuirks(quirk)));
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + 30_000_000_000L;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited 30 s").isLessThan(deadline);
      LockSupport.parkNanos(1_000_000);
    }
  }
}
